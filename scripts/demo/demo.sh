#!/usr/bin/env bash
# A shop from draft to stopped, on a server of its own: demo.sh PROGRAM [--once], PROGRAM by its whole path.
# Every step shows the command as anybody could type it, runs exactly that, and checks what came of it;
# the first expectation that does not hold ends the demo with exit 1. `./dev demo` builds, then comes here.
set -euo pipefail
export LC_ALL=C.UTF-8
unset FOOTLIGHT_SERVER FOOTLIGHT_TOKEN FOOTLIGHT_AS
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1   # the server is here, whatever proxy curl was told of

program=$1
once=${2:-}
folder=$(mktemp -d)
server=''
checked=0

finish() {
  if [[ -n $server ]] && kill "$server" 2>/dev/null; then wait "$server" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- how it reads

strong='' dim='' good='' bad='' plain='' columns=100
if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
  strong=$'\e[1m' dim=$'\e[2m' good=$'\e[32m' bad=$'\e[31m' plain=$'\e[0m'
fi
[[ ! -t 1 ]] || columns=$(tput cols 2>/dev/null || echo 100)
(( columns > 40 )) || columns=100

# Blanks at ends go; a line that is too long breaks between columns, else words, else at a comma.
wrapped() {
  awk -v full="$1" -v indent="$2" '{
    lead = indent; width = full
    sub(/ +$/, "")
    while (length($0) > width) {
      at = 0
      for (i = width; i > width / 3 && !at; --i) if (substr($0, i, 2) == "  ") at = i
      for (i = width; i > width / 3 && !at; --i) if (substr($0, i, 1) == " ") at = i
      for (i = width; i > 8 && !at; --i) if (substr($0, i, 1) == ",") at = i
      if (!at) break
      head = substr($0, 1, at); sub(/ +$/, "", head)
      rest = substr($0, at + 1); sub(/^ +/, "", rest)
      print lead head
      if (lead == indent) width -= 8
      lead = indent "        "
      $0 = rest
    }
    print lead $0
  }'
}
section() { printf '\n%s%s%s\n' "$strong" "$1" "$plain"; }
note() { printf '\n  %s%s%s\n' "$dim" "$1" "$plain"; }
indented() { wrapped "$((columns - 6))" '    '; }
fail() {
  printf '\n%sdemo: %s%s\n' "$bad" "$1" "$plain" >&2
  exit 1
}

# ---- steps

footlight() { "$program" "$@"; }

# run COMMAND: shows it, runs it; what it said is in $said, how it ended in $ended.
run() {
  printf '\n  %s$ %s%s\n' "$strong" "$1" "$plain"
  ended=0
  said=$(eval "$1" 2>&1) || ended=$?
  [[ -z $said ]] || indented <<<"$said"
}
# ok COMMAND [TEXT...]: it ends well and says all of the texts.
ok() {
  run "$1"
  (( ended == 0 )) || fail "\`$1\` ended with $ended, not 0"
  checked=$((checked + 1))
  says "$@"
}
# refused CODE COMMAND [TEXT...]: it is refused, for this reason and with these words.
refused() {
  run "$2"
  (( ended == 3 )) || fail "\`$2\` ended with $ended, not 3: it was to be refused"
  checked=$((checked + 1))
  says "$2" "refused ($1)" "${@:3}"
}
says() {
  local text words
  words=$(tr -s ' ' <<<"$said")   # columns are as wide as they need to be
  for text in "${@:2}"; do
    [[ $words == *"$text"* ]] || fail "\`$1\` was to say \`$text\`"
    checked=$((checked + 1))
  done
}
silent_on() {
  [[ $said != *"$1"* ]] || fail "the last answer was not to hold \`$1\`"
  checked=$((checked + 1))
}

# token VARIABLE NAME ROLES: as a reader would type it, with the secret kept in a variable.
token() {
  local command="$1=\$(footlight token create --name $2 --role $3 --for shop --token \$ADMIN)"
  printf '  %s$ %s%s\n' "$strong" "$command" "$plain"
  eval "$command" || fail "no token for $2"
  [[ ${!1} == fl_* ]] || fail "$1 is not a token"
  checked=$((checked + 1))
}

# ---- the story

GOLD=shop/profiles/gold.json NEW=shop/profiles/new.json RETURNING=shop/profiles/returning.json

section 'Footlight: a shop from draft to stopped'
note "To type along: \`export PATH=${program%/*}:\$PATH; cd scripts/examples\`"
cd "$(dirname "${BASH_SOURCE[0]}")/../examples"

section '1. A workspace is a folder of files'
ok "footlight check shop" 'ok shop'
note 'Any visitor, any moment, no server: who sees what on 1 December at 9:00, and why?'
ok "footlight explain shop --profile $GOLD --on hero --at 2026-12-01T09:00" \
  'gold-hero' 'shown' 'lost to gold-hero (80 > 70)' 'schedule: starts 2027-01-06T08:00 Europe/Paris'

section '2. A server takes it in: one process, one file'
DATA=$folder/shop.db
printf '\n  %s$ footlight serve shop --data $DATA --listen 127.0.0.1:0 --quiet &%s\n' "$strong" "$plain"
: >"$folder/serve.log"
"$program" serve shop --data "$DATA" --listen 127.0.0.1:0 --quiet >"$folder/serve.log" 2>&1 &
server=$!
for (( i = 0; i < 150; ++i )); do
  grep -q '^serving ' "$folder/serve.log" && break
  kill -0 "$server" 2>/dev/null || break
  sleep 0.1
done
FOOTLIGHT_SERVER=$(sed -n 's/^serving .* on //p' "$folder/serve.log")
ADMIN=$(sed -n 's/^ *admin *//p' "$folder/serve.log")
APP=$(sed -n 's/^ *delivery *//p' "$folder/serve.log")
[[ -n $FOOTLIGHT_SERVER && -n $ADMIN && -n $APP ]] || fail "the server did not start: $(cat "$folder/serve.log")"
export FOOTLIGHT_SERVER
grep '^serving ' "$folder/serve.log" | indented
note 'The first start prints two tokens, an admin'\''s and an application'\''s. The rest are made:'
printf '\n'
token ANN ann author,approver
token BOB bob approver
token CLEO cleo approver
token PIA pia publisher
note 'Everything arrives as a draft, and drafts are shown to nobody:'
ok "footlight list --token \$ANN | grep -E 'EXPERIENCE|hero-test|loyalty'" 'loyalty-discount draft 1 -'
ok "footlight decide --on hero --on banner --profile $GOLD --token \$ANN" \
  '(default)' 'Light for every room' '{"title":"Your cart"}'
silent_on loyalty-discount

section '3. A price needs two approvers who did not write it'
MINE=$folder/mine
note 'Ann rewords the members'\'' discount in a copy of the folder, and sends it:'
ok "cp -r shop \$MINE && sed -i 's/being a member/being with us/' \$MINE/experiences/loyalty-discount.lua"
ok 'footlight edit loyalty-discount $MINE --token $ANN' 'draft, revision 2'
refused not_approved 'footlight activate loyalty-discount --token $PIA' 'needs 2 approvals'
ok 'footlight submit loyalty-discount --token $ANN' 'in_review'
refused self_approval 'footlight approve loyalty-discount --token $ANN' '`ann` worked on `loyalty-discount` r2'
refused in_review_locked 'footlight edit loyalty-discount $MINE --token $ANN'
ok 'footlight approve loyalty-discount --token $BOB' 'in_review'
refused not_approved 'footlight activate loyalty-discount --token $PIA' 'has 1 (bob): 1 is missing'
ok 'footlight approve loyalty-discount --token $CLEO' 'approved'
refused forbidden 'footlight activate loyalty-discount --token $ANN'
ok 'footlight activate loyalty-discount --token $PIA' 'live, revision 2' 'visible everywhere by'
note 'These show no price and need nobody:'
for id in hero-test newcomer picks free-shipping; do
  ok "footlight activate $id --token \$PIA" "$id: live, revision 1"
done

section '4. Who gets what'
note 'A gold member: one side of a test on the hero, and a banner merged from two campaigns.'
ok "footlight decide --on hero --on banner --profile $GOLD --identity shop:c-1 --token \$ANN" \
  '#hero hero-test' 'warm light' '"discount":10' 'Thank you for being with us' '"arc-floor-lamp","brass-wall-light","linen-shade"'
note 'The same visitor asks again and gets the same side; another may get the other.'
ok "footlight decide --on hero --identity shop:c-1 --token \$ANN" 'warm light'
ok "footlight decide --on hero --identity shop:c-4 --token \$ANN" 'Clear light'
note 'Somebody new, with a small cart:'
ok "footlight decide --on hero --on banner --profile $NEW --identity shop:c-2 --token \$ANN" \
  '#hero newcomer' 'Only 21.00 EUR to free shipping'
silent_on discount
note 'A customer who comes back:'
ok "footlight decide --on banner --profile $RETURNING --token \$ANN" 'picks' '"garden-spike","solar-lantern"'
silent_on discount
note 'And as an application asks, in plain HTTP with a key that can do nothing else:'
BODY='{"attributes": {"loyalty": {"tier": "silver"}}, "surfaces": ["mobileapp://com.example.shop/cart#banner"]}'
ok "curl -sS \$FOOTLIGHT_SERVER/v1/decide -H \"Authorization: Bearer \$APP\" --json '$BODY'" \
  '"experience":"loyalty-discount"' '"discount":5'
ok 'curl -sS -o /dev/null -w "%{http_code}" -X POST $FOOTLIGHT_SERVER/v1/experiences/picks/stop -H "Authorization: Bearer $APP"' 403

section '5. And why'
ok "footlight explain --on hero --on banner --profile $GOLD --identity shop:c-1 --token \$ANN" \
  'newcomer' 'orders.count == 0 is false (12)' 'cart.total < 60 is false (74.9)' 'shown (merged)'

section '6. Stop means gone, and stays so'
ok 'footlight stop loyalty-discount --token $PIA --message "not before the new year"' 'by pia; gone here now, everywhere by'
ok "footlight decide --on banner --profile $GOLD --token \$ANN" 'picks'
silent_on discount
refused experience_final "footlight edit loyalty-discount shop --token \$ANN" 'by pia and cannot be edited or activated again'
refused experience_final 'footlight activate loyalty-discount --token $PIA' '`footlight duplicate loyalty-discount` starts a new draft from it'
refused experience_final 'footlight submit loyalty-discount --token $ADMIN'
note 'The way on is a duplicate, with approvals of its own:'
ok 'footlight duplicate loyalty-discount members-2027 --token $ANN' 'members-2027: draft, revision 1'
refused not_approved 'footlight activate members-2027 --token $PIA'
ok 'footlight submit members-2027 --token $ANN' 'in_review'
ok 'footlight approve members-2027 --token $BOB' 'in_review'
ok 'footlight approve members-2027 --token $CLEO' 'approved'
ok 'footlight activate members-2027 --token $PIA' 'live, revision 1'
ok "footlight decide --on banner --profile $GOLD --token \$ANN" 'members-2027' '"discount":10'

section '7. Who did what'
ok 'footlight audit loyalty-discount --token $ANN' 'files create' 'ann submit' 'bob approve' 'cleo approve' 'pia stop loyalty-discount not before the new year'
ok 'footlight audit members-2027 --token $ANN' 'ann duplicate'
note 'Each entry holds the hash of the one before it; the file is checked end to end:'
ok 'footlight audit verify --data $DATA' 'shop: ' 'entries verify, head '

printf '\n%sall of it happened: %d expectations hold%s\n' "$good" "$checked" "$plain"
[[ $once != --once ]] || exit 0

# ---- to try by hand

section 'The server goes on; try it from another terminal'
cat <<TEXT

  export FOOTLIGHT_SERVER=$FOOTLIGHT_SERVER

  # as an application
  curl -sS $FOOTLIGHT_SERVER/v1/decide -H 'Authorization: Bearer $APP' \\
    --json '{"attributes": {"viewed": ["solar-lantern"]}, "surfaces": ["mobileapp://com.example.shop/cart#banner"]}'

  # why
  curl -sS '$FOOTLIGHT_SERVER/v1/decide?explain=1' -H 'Authorization: Bearer $ANN' \\
    --json '{"attributes": {"orders": {"count": 3}}, "surfaces": ["web://shop.example/#hero"]}'

  # stop something, then look at what happened
  curl -sS -X POST $FOOTLIGHT_SERVER/v1/experiences/picks/stop -H 'Authorization: Bearer $PIA'
  curl -sS '$FOOTLIGHT_SERVER/v1/audit?experience=picks' -H 'Authorization: Bearer $ANN'

  # everything that it answers to
  curl -sS $FOOTLIGHT_SERVER/openapi.json

TEXT
note 'Ctrl-C ends it and removes its data.'
trap 'printf "\n"; exit 0' INT TERM
wait "$server" || fail "the server ended: $(tail -n 5 "$folder/serve.log")"
