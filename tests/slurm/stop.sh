#!/bin/sh
# Ends the cluster that start.sh made in FOLDER.
set -u
for name in slurmd slurmctld munged; do
    kill "$(cat "$1/$name.pid")" 2>/dev/null
done
rm -f /etc/slurm/slurm.conf
