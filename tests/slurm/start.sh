#!/bin/sh
# A SLURM cluster of one node on this machine: munge, slurmctld with accounting in a text file, slurmd.
#   start.sh FOLDER   writes its state and logs into FOLDER, and /etc/slurm/slurm.conf; needs root
#   stop.sh FOLDER    ends it
# Debian's packages: slurmctld slurmd slurm-client munge
set -eu
folder=$(mkdir -p "$1" && cd "$1" && pwd)
for program in munged slurmctld slurmd sinfo; do
    command -v "$program" >/dev/null || { echo "needs $program: apt-get install munge slurmctld slurmd slurm-client" >&2; exit 3; }
done
[ "$(id -u)" = 0 ] || { echo "only root can start it" >&2; exit 3; }
[ ! -e /etc/slurm/slurm.conf ] || { echo "this machine has a SLURM already" >&2; exit 3; }
mkdir -p "$folder/state" "$folder/spool" /run/munge
head -c 1024 /dev/urandom >"$folder/munge.key"
chmod 0400 "$folder/munge.key"
cores=$(nproc)
memory_mb=$(awk '/MemTotal/ {print int($2 / 1024 * 0.9)}' /proc/meminfo)
cat >/etc/slurm/slurm.conf <<END
ClusterName=laptop
SlurmctldHost=$(hostname)(127.0.0.1)
SlurmctldPort=26817
SlurmdPort=26818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CryptoType=crypto/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/linux
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$folder/jobs.txt
ReturnToService=2
MinJobAge=3600
SchedulerParameters=sched_interval=2,bf_interval=2
NodeName=$(hostname) NodeAddr=127.0.0.1 CPUs=$cores RealMemory=$memory_mb State=UNKNOWN
PartitionName=cpu Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
    --pid-file="$folder/munged.pid" --log-file="$folder/munged.log" --seed-file="$folder/munged.seed"
slurmctld
slurmd
for _ in $(seq 60); do
    if sinfo --noheader --format=%T | grep -q idle; then
        exit 0
    fi
    sleep 0.5
done
tail -n 20 "$folder/slurmctld.log" "$folder/slurmd.log" >&2
exit 1
