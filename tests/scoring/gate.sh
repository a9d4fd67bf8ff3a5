# What a CI runs: FOLDER has whole.csv and broken.csv, the same texts. Ends at the first surprise.
set -u
cd "$1"

expect() {
  wanted=$1
  shift
  "$@"
  status=$?
  if [ "$status" -ne "$wanted" ]; then
    echo "status $status and not $wanted: $*" >&2
    exit 1
  fi
}

expect 0 $SELFVERIFY score whole.csv --max-rate .02 --junit whole.xml \
  --markdown whole.md
expect 1 $SELFVERIFY score broken.csv --max-rate .02 --junit broken.xml
expect 2 $SELFVERIFY score whole.csv --max-rate .001
expect 3 $SELFVERIFY score missing.csv --max-rate .02

expect 0 $SELFVERIFY compare whole.verdicts.csv whole.verdicts.csv
expect 1 $SELFVERIFY compare whole.verdicts.csv broken.verdicts.csv
expect 3 $SELFVERIFY compare whole.verdicts.csv missing.csv
expect 0 $SELFVERIFY score whole.csv --thresholds.max-cer .4 --out lax.csv
expect 3 $SELFVERIFY compare whole.verdicts.csv lax.csv
