#!/usr/bin/env bash
# Expected: a unit test of an alert that no rule file defines fails, or at least warns, as promtool
#   warns for rule files that it does not find.
# Happens:  with a misspelt alertname and no expected alerts the test succeeds, since an alert that
#   does not exist does not fire. With the right name the same test fails.
# Matters:  "no alert while payments flow" is the test that guards against noise at night. One
#   letter too few, or a rename of the rule, and it passes whatever the rule does.
# Debian package prometheus 2.42.0+ds-5+deb12u1 (Debian 12), 2026-11
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
chmod 755 . # so that apt's own user may write here when root runs this
apt-get download -qq "prometheus=2.42.0+ds-5+deb12u1" 2>apt.log || { cat apt.log >&2; exit 1; }
dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool
promtool=usr/bin/promtool
"$promtool" --version | head -n 1

cat >rules.yml <<'EOF'
groups:
  - name: shop
    rules:
      - alert: PaymentsStuck
        expr: payments_waiting > 0
        for: 5m
EOF
write_test() {
  cat >"$1.yml" <<EOF
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: payments_waiting
        values: 1x20
    alert_rule_test:
      - eval_time: 10m
        alertname: $1
        exp_alerts: []
EOF
}
write_test PaymentsStuck
write_test PaymentStuck
right=0
"$promtool" test rules PaymentsStuck.yml >right.log 2>&1 || right=$?
wrong=0
"$promtool" test rules PaymentStuck.yml >wrong.log 2>&1 || wrong=$?

echo "expected: both tests fail, the alert fires and PaymentStuck does not exist"
echo "seen:     right name: exit $right; misspelt name: exit $wrong, output: $(tr -s '\n ' ' ' <wrong.log)"
if [ "$right" = 0 ] || [ "$wrong" != 0 ] || grep -qi warn wrong.log; then
  echo "CHANGED: a misspelt alert name is noticed now"
  exit 1
fi
