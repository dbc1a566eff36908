# Golden values of the Cox partial likelihood and of concordance indices, from R's survival package.
#
#     Rscript tests/data/survival_golden.R            writes tests/data/survival_golden.json
#
# Data: published, de-identified method data sets that ship inside the R package survival (Terry M. Therneau;
# licence LGPL (>= 2)); each is described with its source in ?survival::<name>. lung: Loprinzi 1994; veteran: Kalbfleisch
# and Prentice 1980; ovarian: Edmunson 1979; kidney: McGilchrist and Aisbett 1991; rats: Mantel 1977; colon: Moertel
# 1990; gbsg: Schumacher 1994; heart: Crowley and Hu 1977. Weights and the second score are made up, for the test alone.

library(survival)
library(jsonlite)

score <- function(...) round(Reduce(`+`, list(...)), 6)

cohort <- function(time, event, log_hazard, stratum, cluster, entry = NULL) {
  n <- length(time)
  columns <- list(
    time = time, event = as.integer(event), log_hazard = log_hazard,
    log_hazard_b = round(log_hazard / 2 + ((seq_len(n) * 7) %% 11) / 10, 6),
    weight = 0.5 + ((seq_len(n) * 5) %% 8) / 4,
    stratum = as.integer(factor(stratum)), cluster = as.integer(factor(cluster)), entry = entry
  )
  columns[!sapply(columns, is.null)]
}

tables <- list(
  lung = with(
    lung[!is.na(lung$ph.ecog), ],
    cohort(time, status == 2, score(0.011 * age, -0.55 * sex, 0.46 * ph.ecog), sex, ph.ecog)
  ),
  veteran = with(
    veteran,
    cohort(time, status, score(-0.033 * karno, 0.3 * (trt == 2), -0.009 * age), celltype, trt * 10 + prior)
  ),
  ovarian = with(ovarian, cohort(futime, fustat, score(0.13 * age, -0.8 * (rx == 2)), resid.ds, ecog.ps)),
  kidney = with(kidney, cohort(time, status, score(-0.83 * sex, 0.003 * age), disease, id)),
  rats = with(rats, cohort(time, status, score(0.79 * rx, -3.1 * (sex == "m")), sex, litter)),
  # Months instead of days: 929 patients on about 100 distinct times.
  colon_months = with(
    colon[colon$etype == 2, ],
    cohort(
      ceiling(time / 30.4375), status, score(0.05 * pmin(ifelse(is.na(nodes), 3, nodes), 20), 0.4 * extent), rx, id %% 300
    )
  ),
  gbsg = with(gbsg, cohort(rfstime, status, score(0.05 * pmin(nodes, 20), 0.3 * grade, -0.0002 * pgr), meno, pid)),
  heart = with(heart, cohort(stop, event, score(0.03 * age, -0.6 * surgery), surgery, id, entry = start))
)

likelihood <- function(d, ties, weighted, stratified, entered, with_gradient) {
  d$surv <- if (entered) Surv(d$entry, d$time, d$event) else Surv(d$time, d$event)
  d$case <- if (weighted) d$weight else rep(1, length(d$time))
  formula <- if (stratified) surv ~ log_hazard + strata(stratum) else surv ~ log_hazard
  control <- coxph.control(iter.max = 0, timefix = FALSE)
  fit <- coxph(formula, data = d, weights = case, init = 1, ties = ties, control = control)
  result <- list(
    ties = ties, weighted = weighted, stratified = stratified, entered = entered, loss = -fit$loglik[2]
  )
  if (with_gradient) {
    # Derivative by a patient's log hazard: weight times (event minus expected events), the martingale residual.
    result$gradient <- signif(-unname(d$case * residuals(fit, type = "martingale")), 12)
  }
  result
}

index <- function(d, weighted, stratified) {
  tau <- unname(quantile(d$time, 0.6, type = 1))
  fit <- function(score, ...) {
    concordancefit(
      Surv(d$time, d$event), score, if (stratified) d$stratum, if (weighted) d$weight,
      reverse = TRUE, influence = 1, timefix = FALSE, ...
    )
  }
  pair <- function(f) c(f$concordance, sqrt(f$var))
  a <- fit(d$log_hazard)
  b <- fit(d$log_hazard_b)
  list(
    weighted = weighted, stratified = stratified, tau = tau,
    plain = pair(a), clustered = pair(fit(d$log_hazard, cluster = d$cluster)),
    until_tau = pair(fit(d$log_hazard, ymax = tau)),
    uno = pair(fit(d$log_hazard, timewt = "n/G2", ymax = tau)),
    difference = c(a$concordance - b$concordance, sqrt(sum((a$dfbeta - b$dfbeta)^2)))
  )
}

golden <- lapply(tables, function(d) {
  entered <- !is.null(d$entry)
  cases <- list()
  for (ties in c("efron", "breslow")) {
    cases <- c(cases, list(
      likelihood(d, ties, FALSE, FALSE, FALSE, !entered && ties == "efron"),
      likelihood(d, ties, TRUE, FALSE, entered, FALSE),
      likelihood(d, ties, FALSE, TRUE, FALSE, FALSE),
      likelihood(d, ties, TRUE, TRUE, entered, TRUE)
    ))
    if (entered) cases <- c(cases, list(likelihood(d, ties, FALSE, FALSE, TRUE, TRUE)))
  }
  options <- list(c(FALSE, FALSE), c(TRUE, FALSE), c(FALSE, TRUE), c(TRUE, TRUE))
  indices <- lapply(options, function(o) index(d, o[1], o[2]))
  list(columns = d, likelihood = cases, concordance = indices)
})

arguments <- commandArgs(FALSE)
script <- sub("^--file=", "", grep("^--file=", arguments, value = TRUE))
versions <- list(
  R = paste(R.version$major, R.version$minor, sep = "."), survival = as.character(packageVersion("survival"))
)
json <- toJSON(list(made_with = versions, cohorts = golden), auto_unbox = TRUE, digits = NA)
writeLines(json, sub("\\.R$", ".json", script))
