# Golden values of the numbers of an evaluation, from R's survival, riskRegression, pec, rms and prodlim.
#
#     Rscript tests/data/evaluation_golden.R          writes tests/data/evaluation_golden.json
#     python tests/data/decision_curve_golden.py      then gives the decision curves of the Python package dcurves
#
# Data: published, de-identified method data sets that ship inside the R package survival (Terry M. Therneau; licence
# LGPL (>= 2)). gbsg (Schumacher 1994) is scored by a Cox model of rotterdam (Foekens 2000), as Royston and Altman 2013
# did; the even rows of lung (Loprinzi 1994) by a Cox model of the odd rows; veteran (Kalbfleisch and Prentice 1980) is
# there for its covariates whose hazards are not proportional.

suppressMessages({
  library(survival)
  library(riskRegression)
  library(pec)
  library(rms)
  library(prodlim)
  library(jsonlite)
})

# R stops a regression at 1e-9 of its likelihood unless told otherwise.
exact <- coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 50)

predicted <- function(train, test, formula, horizons) {
  fit <- coxph(formula, data = train, x = TRUE)
  score <- round(predict(fit, test, reference = "zero"), 6)
  base <- basehaz(fit, centered = FALSE)
  hazard <- stepfun(base$time, c(0, base$hazard))(horizons)
  list(
    log_hazard = score, survival = round(exp(-outer(exp(score), hazard)), 8), train_time = train$time,
    train_event = train$event, train_log_hazard = round(predict(fit, train, reference = "zero"), 6)
  )
}

rotterdam$time <- pmin(rotterdam$rtime, rotterdam$dtime)
rotterdam$event <- pmax(rotterdam$recur, rotterdam$death)
rotterdam$node <- pmin(rotterdam$nodes, 20)
rotterdam$g <- rotterdam$grade
gbsg$time <- gbsg$rfstime
gbsg$event <- gbsg$status
gbsg$node <- pmin(gbsg$nodes, 20)
gbsg$g <- gbsg$grade
lung$event <- lung$status - 1
complete <- lung[!is.na(lung$ph.ecog), ]
odd <- seq_len(nrow(complete)) %% 2 == 1
veteran$event <- veteran$status

days <- list(gbsg = c(365, 730, 1095, 1461, 1826), lung = c(100, 200, 300, 400))
cohorts <- list(
  gbsg = c(
    list(time = gbsg$time, event = gbsg$event, stratum = gbsg$meno, horizons = days$gbsg),
    predicted(rotterdam, gbsg, Surv(time, event) ~ node + g + age, days$gbsg)
  ),
  lung = with(complete[!odd, ], c(
    list(time = time, event = event, stratum = sex, horizons = days$lung),
    predicted(complete[odd, ], complete[!odd, ], Surv(time, event) ~ age + sex + ph.ecog, days$lung)
  ))
)
cohorts$gbsg[c("train_time", "train_event", "train_log_hazard")] <- NULL

accuracy <- function(d) {
  frame <- data.frame(time = d$time, event = d$event)
  run <- Score(
    list(model = 1 - d$survival), Hist(time, event) ~ 1, data = frame, times = d$horizons, metrics = c("auc", "brier"),
    summary = "ipa", null.model = TRUE, conf.int = FALSE, cens.model = "km"
  )
  brier <- as.data.frame(run$Brier$score)
  reference <- pec(
    list(model = cbind(1, d$survival)), Hist(time, event) ~ 1, data = frame, times = c(0, d$horizons), exact = FALSE,
    cens.model = "marginal", verbose = FALSE, reference = TRUE
  )
  list(
    brier = brier$Brier[brier$model == "model"], null = brier$Brier[brier$model == "Null model"],
    scaled = brier$IPA[brier$model == "model"], auc = as.data.frame(run$AUC$score)$AUC,
    pec = reference$AppErr$model[-1], pec_reference = reference$AppErr$Reference[-1]
  )
}

curves <- function(d) {
  quantiles <- function(fit) unname(do.call(cbind, quantile(fit, c(0.25, 0.5, 0.75))))
  fit <- survfit(Surv(d$time, d$event) ~ 1, conf.type = "log-log")
  backwards <- survfit(Surv(d$time, 1 - d$event) ~ 1, conf.type = "log-log")
  events_first <- prodlim(Hist(time, event) ~ 1, data = data.frame(time = d$time, event = d$event), reverse = TRUE)
  kept <- seq(1, length(fit$time), length.out = 60)
  list(
    time = fit$time[kept], at_risk = fit$n.risk[kept], survival = fit$surv[kept], error = fit$std.err[kept],
    low = fit$lower[kept], high = fit$upper[kept], quantiles = quantiles(fit), follow_up = quantiles(backwards),
    follow_up_events_first = quantile(events_first, 0.5)[[1]]$quantile
  )
}

log_rank <- function(d) {
  group <- cut(d$log_hazard, quantile(d$log_hazard, 0:3 / 3), include.lowest = TRUE, labels = FALSE)
  plain <- survdiff(Surv(d$time, d$event) ~ group)
  within <- survdiff(Surv(d$time, d$event) ~ group + strata(d$stratum))
  list(
    group = group, plain = plain$chisq, expected = plain$exp, within = within$chisq,
    within_expected = rowSums(within$exp)
  )
}

calibration <- function(d, place) {
  t <- d$horizons[place]
  cll <- log(-log(d$survival[, place]))
  until <- data.frame(time = pmin(d$time, t), event = d$event * (d$time <= t), cll = cll)
  slope <- coxph(Surv(time, event) ~ cll, data = until, control = exact)
  observed <- summary(survfit(Surv(d$time, d$event) ~ 1, conf.type = "log-log"), times = t)
  whole <- data.frame(time = d$time, event = d$event, cll = cll)
  knots <- quantile(cll, c(0.1, 0.5, 0.9))
  smooth <- coxph(Surv(time, event) ~ rcs(cll, knots), data = whole, control = exact)
  grid <- quantile(cll, c(0.05, 0.25, 0.5, 0.75, 0.95), type = 7)
  at <- summary(survfit(smooth, newdata = data.frame(cll = grid), conf.type = "log-log"), times = t)
  own <- 1 - drop(summary(survfit(smooth, newdata = data.frame(cll = cll), se.fit = FALSE), times = t)$surv)
  gap <- abs((1 - d$survival[, place]) - own)
  list(
    days = t, slope = unname(coef(slope)), slope_error = sqrt(slope$var[1, 1]), expected = mean(1 - d$survival[, place]),
    observed = 1 - observed$surv, observed_low = 1 - observed$upper, observed_high = 1 - observed$lower,
    observed_error = observed$std.err,
    grid = 1 - exp(-exp(unname(grid))), curve = 1 - drop(at$surv), curve_low = 1 - drop(at$upper),
    curve_high = 1 - drop(at$lower), ici = mean(gap), e50 = median(gap), e90 = unname(quantile(gap, 0.9))
  )
}

net_benefit <- function(d, place) {
  t <- d$horizons[place]
  risk <- 1 - d$survival[, place]
  thresholds <- seq(0.05, 0.6, 0.05)
  one <- function(positive, odds) {
    if (!any(positive)) return(0)
    alive <- summary(survfit(Surv(d$time[positive], d$event[positive]) ~ 1), times = t, extend = TRUE)$surv
    mean(positive) * ((1 - alive) - alive * odds)
  }
  odds <- thresholds / (1 - thresholds)
  list(
    days = t, thresholds = thresholds, model = mapply(function(p, o) one(risk >= p, o), thresholds, odds),
    all = sapply(odds, function(o) one(rep(TRUE, length(risk)), o))
  )
}

proportional <- function(d, columns, strata = NULL, ties = "efron") {
  frame <- data.frame(time = d$time, event = d$event, columns)
  formula <- reformulate(c(names(columns), if (!is.null(strata)) "strata(by)"), "Surv(time, event)")
  frame$by <- strata
  fit <- coxph(formula, data = frame, ties = ties, control = exact)
  tests <- lapply(c(km = "km", identity = "identity", log = "log", rank = "rank"), function(g) unname(cox.zph(fit, g)$table))
  check <- cox.zph(fit, "km")
  list(
    time = d$time, event = d$event, columns = columns, strata = strata, coefficients = unname(coef(fit)),
    error = unname(sqrt(diag(fit$var))), tests = tests, residual_time = check$time, residuals = signif(unname(check$y), 12),
    loglik = fit$loglik[2]
  )
}

cases <- lapply(cohorts, function(d) list(
  columns = d, accuracy = accuracy(d), curves = curves(d), log_rank = log_rank(d),
  calibration = lapply(seq_along(d$horizons), function(place) calibration(d, place)),
  net_benefit = lapply(seq_along(d$horizons), function(place) net_benefit(d, place))
))
hazards <- list(
  veteran = proportional(veteran, with(veteran, list(karno = karno, age = age, treated = 1 * (trt == 2)))),
  veteran_by_cell = proportional(
    veteran, with(veteran, list(karno = karno, age = age)), strata = as.integer(factor(veteran$celltype))
  ),
  gbsg_score = proportional(gbsg, list(log_hazard = cohorts$gbsg$log_hazard)),
  gbsg_months = proportional(
    within(gbsg, time <- ceiling(time / 91)), with(gbsg, list(node = node, hormon = hormon, pgr = log1p(pgr)))
  )
)

arguments <- commandArgs(FALSE)
script <- sub("^--file=", "", grep("^--file=", arguments, value = TRUE))
packages <- c("survival", "riskRegression", "pec", "rms", "prodlim")
versions <- c(
  list(R = paste(R.version$major, R.version$minor, sep = ".")),
  sapply(packages, function(p) as.character(packageVersion(p)), simplify = FALSE)
)
json <- toJSON(list(made_with = versions, cohorts = cases, hazards = hazards), auto_unbox = TRUE, digits = NA)
writeLines(json, sub("\\.R$", ".json", script))
