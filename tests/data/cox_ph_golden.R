# Golden values of penalised Cox regressions, baseline hazards and cross-validated deviances, from R.
#
#     Rscript tests/data/cox_ph_golden.R            writes tests/data/cox_ph_golden.json
#
# Packages: survival (coxph, ridge, survfit) and glmnet. Data: lung (Loprinzi 1994), veteran (Kalbfleisch and Prentice
# 1980) and heart (Crowley and Hu 1977) from the package survival, see ?survival::lung, and one drawn table with more
# features than patients. Weights and folds are made up, for the test alone.

suppressMessages({
  library(survival)
  library(glmnet)
  library(jsonlite)
})

control <- coxph.control(eps = 1e-9, toler.chol = 1e-13, toler.inf = 1e-6, iter.max = 100, timefix = FALSE)

complete <- function(d, columns) d[complete.cases(d[, columns]), ]
lungs <- complete(lung, c("age", "sex", "ph.ecog", "wt.loss"))
tables <- list(
  lung = with(lungs, list(
    time = time, event = as.integer(status == 2), stratum = sex, features = cbind(age, ph.ecog, wt.loss)
  )),
  # Months: many events share a time.
  veteran = with(veteran, list(
    time = ceiling(time / 30), event = status, stratum = as.integer(celltype), features = cbind(karno, age, diagtime, trt)
  )),
  heart = with(heart, list(
    time = stop, event = event, stratum = surgery + 1, entry = start, features = cbind(age, year)
  ))
)
tables <- lapply(tables, function(d) {
  d$weight <- 0.5 + ((seq_along(d$time) * 5) %% 8) / 4
  d
})

# Survival of the patient with mean features, at each time of each stratum.
curve <- function(fit, d, mean) {
  s <- survfit(fit, newdata = data.frame(x = I(t(mean))), se.fit = FALSE)
  list(
    time = s$time, cumulative = as.vector(s$cumhaz), survival = as.vector(s$surv),
    stratum = if (is.null(s$strata)) rep(0, length(s$time)) else rep(sort(unique(d$stratum)), s$strata)
  )
}

rows <- function(d, x, case = rep(1, length(d$time))) {
  data.frame(
    time = d$time, event = d$event, entry = if (is.null(d$entry)) 0 else d$entry, stratum = d$stratum, case = case,
    x = I(x)
  )
}

model <- function(d, right) {
  left <- if (is.null(d$entry)) "Surv(time, event)" else "Surv(entry, time, event)"
  as.formula(paste(left, "~", right), env = parent.frame())  # survfit looks for the data of the caller there
}

plain <- function(d, ties, weighted, stratified) {
  data <- rows(d, d$features, if (weighted) d$weight else rep(1, length(d$time)))
  fit <- coxph(model(d, if (stratified) "x + strata(stratum)" else "x"), data, weights = case, ties = ties,
               control = control, model = TRUE)
  mean <- apply(d$features, 2, weighted.mean, data$case)
  list(ties = ties, weighted = weighted, stratified = stratified, coefficients = unname(coef(fit)),
       curve = curve(fit, data, mean))
}

ridged <- function(d, ties, penalty, stratified) {
  n <- length(d$time)
  # Divisor n as in glmnet; ridge(scale = TRUE) would divide by n - 1.
  scale <- apply(d$features, 2, function(z) sqrt(mean((z - mean(z))^2)))
  data <- rows(d, sweep(d$features, 2, scale, "/"))
  right <- paste0("ridge(x, theta = ", penalty * n, ", scale = FALSE)", if (stratified) " + strata(stratum)")
  fit <- coxph(model(d, right), data, ties = ties, control = control)
  list(ties = ties, penalty = penalty, stratified = stratified, coefficients = unname(coef(fit) / scale))
}

survival_cases <- lapply(tables, function(d) {
  options <- expand.grid(ties = c("efron", "breslow"), weighted = c(FALSE, TRUE), stratified = c(FALSE, TRUE),
                         stringsAsFactors = FALSE)
  cases <- lapply(seq_len(nrow(options)), function(i) plain(d, options$ties[i], options$weighted[i], options$stratified[i]))
  ridges <- if (is.null(d$entry)) {
    list(ridged(d, "efron", 0.1, FALSE), ridged(d, "breslow", 0.02, TRUE), ridged(d, "efron", 1, TRUE))
  } else list()
  d$features <- unname(d$features)
  list(columns = d, plain = cases, ridge = ridges)
})

# glmnet: Breslow's ties. glmnet 4.1 drops censorings tied with an event from its risk set, so no censoring ties here.
set.seed(1)
wide <- list(features = round(matrix(rnorm(50 * 70), 50), 2))
risk <- as.vector(wide$features[, 1:5] %*% c(0.8, -0.6, 0.5, 0.4, -0.4))
days <- ceiling(rexp(50, exp(risk)) * 20)
censoring <- round(rexp(50, 0.03)) + 0.5
wide$time <- pmin(days, censoring)
wide$event <- as.integer(days <= censoring)
wide$weight <- 0.5 + ((seq_len(50) * 5) %% 8) / 4
wide$stratum <- 1 + (seq_len(50) %% 2)
wide$fold <- (seq_len(50) * 7) %% 5
narrow <- wide
narrow$features <- wide$features[, 1:8]

net <- function(d, name, l1_ratio, penalty, weighted = FALSE, stratified = FALSE) {
  y <- Surv(d$time, d$event)
  if (stratified) y <- stratifySurv(y, d$stratum)
  glmnet.control(epsnr = 1e-14)
  path <- exp(seq(log(50 * penalty), log(penalty), length.out = 20))
  fit <- glmnet(d$features, y, family = "cox", alpha = l1_ratio, lambda = path, thresh = 1e-18, maxit = 1e8,
                weights = if (weighted) d$weight else rep(1, length(d$time)))
  list(table = name, l1_ratio = l1_ratio, penalty = penalty, weighted = weighted, stratified = stratified,
       coefficients = unname(as.vector(coef(fit)[, length(path)])))
}

deviance <- function(d, name, l1_ratio, penalties) {
  fit <- cv.glmnet(d$features, Surv(d$time, d$event), family = "cox", alpha = l1_ratio, lambda = penalties,
                   foldid = d$fold + 1, grouped = TRUE, thresh = 1e-16, maxit = 1e8)
  list(table = name, l1_ratio = l1_ratio, penalties = fit$lambda, deviance = unname(fit$cvm))
}

nets <- list(
  net(narrow, "narrow", 0, 0.1), net(narrow, "narrow", 0, 0.1, weighted = TRUE), net(narrow, "narrow", 0.5, 0.1),
  net(narrow, "narrow", 1, 0.05, weighted = TRUE), net(narrow, "narrow", 0.5, 0.05, stratified = TRUE),
  net(wide, "wide", 0, 0.5), net(wide, "wide", 0, 2, weighted = TRUE), net(wide, "wide", 0.5, 0.2),
  net(wide, "wide", 1, 0.08), net(wide, "wide", 0.1, 0.3, weighted = TRUE), net(wide, "wide", 0, 1, stratified = TRUE)
)
deviances <- list(
  deviance(narrow, "narrow", 0, c(1, 0.3, 0.1, 0.03)), deviance(wide, "wide", 0, c(20, 5, 1)),
  deviance(wide, "wide", 0.5, c(0.3, 0.2, 0.1))
)

arguments <- commandArgs(FALSE)
script <- sub("^--file=", "", grep("^--file=", arguments, value = TRUE))
versions <- list(
  R = paste(R.version$major, R.version$minor, sep = "."), survival = as.character(packageVersion("survival")),
  glmnet = as.character(packageVersion("glmnet"))
)
golden <- list(
  made_with = versions, survival = survival_cases, tables = list(wide = wide), elastic_net = nets, deviance = deviances
)
writeLines(toJSON(golden, auto_unbox = TRUE, digits = NA), sub("\\.R$", ".json", script))
