"""Snakemake's scheduler on one machine, where cores limit what runs."""

from snakemake.scheduling.job_scheduler import JobScheduler

DEFAULT = (100, 1)  # jobs, seconds: --max-jobs-per-timespan 100/1s


def lift_default_limit(scheduler: JobScheduler) -> None:
    """Takes the limit of jobs per time away unless another one than the default was asked for.

    Under a limit Snakemake looks for jobs again one timespan after every look, and every job that
    ends is a reason to look, so that looks a second grow with the jobs that have ended: of a study
    some 70, at a timespan of two seconds, 15 % of a CPU (`JobScheduler.schedule` of 9.27).
    """
    limiter = scheduler.job_rate_limiter
    if limiter and (limiter.max_jobs, limiter.timespan) == DEFAULT:
        scheduler.job_rate_limiter = None
