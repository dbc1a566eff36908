# Golden values of random-intercept models and intraclass correlations, from R's lme4, nlme and psych.
#
#     Rscript tests/data/mixed_model_golden.R            writes tests/data/mixed_model_golden.json
#
# Data: sleepstudy (Belenky 2003), Dyestuff and Pastes (Davies 1972), method data sets that ship inside lme4 (licence
# GPL (>= 2)); the rows left out, and the second covariate, are ours, for the test alone. "flat" is drawn without any
# difference between groups.

suppressMessages({
  library(lme4)
  library(nlme)
  library(psych)
  library(jsonlite)
})
script <- sub("--file=", "", grep("--file=", commandArgs(FALSE), value = TRUE))

unbalanced <- sleepstudy[-c(2, 3, 5, 11:17, 30, 44:46, 90:94, 121), ]
unbalanced$late <- as.numeric(unbalanced$Days > 5)
set.seed(4)
flat <- data.frame(group = rep(1:12, length.out = 50), x = round(rnorm(50), 4))
flat$y <- round(0.5 * flat$x + rnorm(50), 4)
flat$y <- round(resid(lm(y ~ factor(group), flat)) + 0.5 * flat$x, 4)

model <- function(name, y, covariates, group) {
  data <- data.frame(y = y, covariates, group = factor(group))
  formula <- reformulate(c(names(covariates), "(1 | group)"), "y")
  tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-10), check.conv.singular = "ignore")
  fit <- lmer(formula, data, control = tight)
  same <- lme(reformulate(names(covariates), "y"), random = ~ 1 | group, data = data)
  variances <- as.data.frame(VarCorr(fit))$vcov
  list(
    name = name, response = y, covariates = as.list(covariates), group = as.integer(factor(group)),
    estimate = unname(fixef(fit)), standard_error = unname(sqrt(diag(as.matrix(vcov(fit))))),
    group_variance = variances[1], residual_variance = variances[2],
    nlme_estimate = unname(fixef(same)), nlme_standard_error = unname(sqrt(diag(same$varFix)))
  )
}

one_way <- function(name, y, group) {
  table <- summary(aov(y ~ factor(group)))[[1]]
  between <- table[1, "Mean Sq"]
  within <- table[2, "Mean Sq"]
  sizes <- as.numeric(table(factor(group)))
  size <- (sum(sizes) - sum(sizes^2) / sum(sizes)) / (length(sizes) - 1)
  golden <- list(
    name = name, value = y, group = as.integer(factor(group)),
    icc = (between - within) / (between + (size - 1) * within), within_variance = within
  )
  if (length(unique(sizes)) == 1) {
    wide <- do.call(rbind, split(y, factor(group)))
    published <- ICC(wide, lmer = FALSE)$results
    single <- published[published$type == "ICC1", ]
    mean <- published[published$type == "ICC1k", ]
    golden$psych <- list(
      icc = single$ICC, low = single[["lower bound"]], high = single[["upper bound"]], of_mean = mean$ICC
    )
  }
  golden
}

golden <- list(
  r = R.version.string, lme4 = as.character(packageVersion("lme4")), psych = as.character(packageVersion("psych")),
  models = list(
    model("sleepstudy", sleepstudy$Reaction, data.frame(days = sleepstudy$Days), sleepstudy$Subject),
    model("unbalanced", unbalanced$Reaction, data.frame(days = unbalanced$Days, late = unbalanced$late), unbalanced$Subject),
    model("flat", flat$y, data.frame(x = flat$x), flat$group)
  ),
  agreements = list(
    one_way("Dyestuff", Dyestuff$Yield, Dyestuff$Batch),
    one_way("Pastes", Pastes$strength, Pastes$sample),
    one_way("unbalanced", unbalanced$Reaction, unbalanced$Subject)
  )
)
writeLines(toJSON(golden, auto_unbox = TRUE, digits = NA), sub("\\.R$", ".json", script))
