import torch, time
from pathlib import Path
import pytest
@pytest.mark.parametrize("name", ["face_resnet18", "face_densenet121"])
def test_try(name, portrait_cohort, portrait_models, portrait_settings, tmp_path):
    from prognos.apps.run import open_stage
    t=time.time()
    o = str(tmp_path/"run")
    w = open_stage("face_prognosis", "train", overlay=name, output_dir=o, epochs=1, batch_size=12, **portrait_settings)
    w.initialize(); print("props", w.check_properties()); w.run(); w.finalize()
    print(sorted(p.name for p in Path(o).iterdir()), time.time()-t)
    w = open_stage("face_prognosis", "evaluate", overlay=name, weights=o+"/model.pt", output_dir=o, **portrait_settings)
    w.initialize(); print("props", w.check_properties()); w.run(); w.finalize()
    print(sorted(p.name for p in Path(o).iterdir()), time.time()-t)
    print(Path(o,"predictions_test.csv").read_text()); print(Path(o,"metrics_test.json").read_text())
