#!/bin/sh
# Plans a branch, or applies what was merged, with git and nothing else: on the
# machine that has the credentials, in a clone of its own, from cron or by hand.
#
#   sh plain-git.sh plan BRANCH     writes comment.md and plan.json into ~/flexform
#   sh plain-git.sh apply BEFORE    applies what was merged into main since the commit BEFORE
set -eu
: "${FLEXFORM_SETTINGS:=settings/shop.hcl}"
export FLEXFORM_SETTINGS
main=refs/remotes/origin/main
out=${FLEXFORM_OUT:-$HOME/flexform}
mkdir -p "$out"
git fetch -q --prune --no-tags origin "+refs/heads/*:refs/remotes/origin/*"

case ${1-} in
plan)
	exec flexform ci plan --base "$main" --head "refs/remotes/origin/$2" --comment "$out/comment.md" --out "$out/plan.json" refunds
	;;
apply)
	# One at a time, with the newest ledger; and recorded whatever comes of it.
	exec 9>"$out/lock"
	flock -n 9 || { echo "another one is at work" >&2; exit 1; }
	git -c core.hooksPath=/dev/null checkout -q -f --detach "$main"
	code=0
	flexform ci apply --base "$2" --head "$main" --tip "$main" refunds || code=$?
	sh ci/record-ledger.sh refunds/flexform.ledger main || exit
	exit $code
	;;
*)
	echo "usage: plain-git.sh plan BRANCH | plain-git.sh apply BEFORE" >&2
	exit 1
	;;
esac
