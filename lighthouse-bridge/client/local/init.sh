# shellcheck shell=sh
# The first process of a job's namespaces, which the kernel kills the others with. Its arguments are the worker. What it
# reads is the program's end of the worker's input: when that ends, the worker ends by itself or is ended.
ip link set lo up || exit 1
mkfifo -m 666 input || exit 1
exec 3<&0
{ cat <&3 >input; sleep 3; kill -KILL -1; } 2>/dev/null &
"$@" <input 3<&-
exit $?
