# Runs a command as another user, in a mount namespace in which that user can read the places given.
# sh as_nobody.sh UID PLACE … -- COMMAND …
set -e
uid=$1
shift
mount --make-rprivate /
number=0
holder=$(mktemp -d /run/longwire-places.XXXXXX)
mount -t tmpfs -o mode=755 none "$holder"
places=""
while [ "$1" != -- ]; do
  number=$((number + 1))
  mkdir "$holder/$number"
  mount --bind "$1" "$holder/$number"
  places="$places $1"
  shift
done
shift
number=0
for place in $places; do
  number=$((number + 1))
  # The first directory on the way that others may not enter is covered.
  path=""
  for part in $(echo "$place" | tr / ' '); do
    path="$path/$part"
    if [ "$path" != "$place" ] && [ $(($(stat -c %a "$path") % 2)) = 0 ]; then
      mount -t tmpfs -o mode=755 none "$path"
      break
    fi
  done
  mkdir -p "$place"
  mount --bind "$holder/$number" "$place"
done
exec setpriv --reuid "$uid" --regid "$uid" --clear-groups "$@"
