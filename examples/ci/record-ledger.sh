#!/bin/sh
# Puts the ledger of the working tree back on the protected branch, whatever
# else was merged there meanwhile:
#
#   sh record-ledger.sh refunds/flexform.ledger main
#
# It writes git's objects directly, so no attribute, filter or hook of the
# repository changes the bytes of the ledger.
set -eu
ledger=$1 branch=$2
[ -f "$ledger" ] || exit 0 # nothing was ever applied
# Where the settings keep anchors of the ledger (anchor = "git"), they go along:
# with one there, an older copy of the ledger is refused.
if [ -n "$(git for-each-ref --count=1 refs/tags/flexform/)" ]; then
	git push -q origin 'refs/tags/flexform/*:refs/tags/flexform/*' || echo "the anchors of the ledger (git tags flexform/*) could not be pushed" >&2
fi
blob=$(git hash-object -w --no-filters "$ledger")
GIT_INDEX_FILE=$(git rev-parse --absolute-git-dir)/record-ledger.index
export GIT_INDEX_FILE
trap 'rm -f "$GIT_INDEX_FILE"' EXIT
for attempt in 1 2 3 4 5; do
	git fetch -q origin "+refs/heads/$branch:refs/remotes/origin/$branch"
	tip=$(git rev-parse --verify "refs/remotes/origin/$branch^{commit}")
	if [ "$(git rev-parse --quiet --verify "$tip:$ledger" || true)" = "$blob" ]; then
		exit 0
	fi
	git read-tree "$tip"
	git update-index --add --cacheinfo "100644,$blob,$ledger"
	commit=$(git commit-tree -p "$tip" -m "Record what was applied" "$(git write-tree)")
	if git push -q origin "$commit:refs/heads/$branch"; then
		exit 0
	fi
done
echo "the ledger could not be pushed to $branch: keep the file $ledger, and apply nothing until it is there" >&2
exit 1
