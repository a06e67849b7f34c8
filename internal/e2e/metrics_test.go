package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"shopbot/internal/e2e/testenv"
)

const (
	rulesFile     = "../../configs/prometheus/shopbot.rules.yml"
	ruleTestsFile = "../../configs/prometheus/shopbot.rules.test.yml"
	dashboardFile = "../../configs/grafana/shopbot.json"
)

// findTool skips the test without a tool of Debian's package prometheus, unless it is required.
func findTool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("SHOPBOT_PROMETHEUS_TEST") == "required" {
		require.NoError(t, err, "SHOPBOT_PROMETHEUS_TEST requires it")
	}
	if err != nil {
		t.Skipf("no %s found; Debian's package prometheus has it", name)
	}
	return path
}

type alertRule struct {
	Alert, Expr string
	Labels      map[string]string
}

func readYAML(t *testing.T, path string, to any) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, to))
}

func alertRules(t *testing.T) []alertRule {
	t.Helper()
	var file struct{ Groups []struct{ Rules []alertRule } }
	readYAML(t, rulesFile, &file)
	require.Len(t, file.Groups, 1)
	return file.Groups[0].Rules
}

// dashboardQueries are the expressions of the dashboard, with values for its variables.
func dashboardQueries(t *testing.T) (queries []string) {
	t.Helper()
	text, err := os.ReadFile(dashboardFile)
	require.NoError(t, err)
	var dashboard struct {
		Panels []struct {
			Title, Type string
			Targets     []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &dashboard))
	for _, panel := range dashboard.Panels {
		require.True(t, panel.Type == "row" || len(panel.Targets) > 0, panel.Title)
		for _, target := range panel.Targets {
			queries = append(queries, strings.NewReplacer("$__rate_interval", "1m", "$instance", ".*").Replace(target.Expr))
		}
	}
	require.NotEmpty(t, queries)
	return queries
}

func TestDashboardAndAlertsUseMetricsThatExist(t *testing.T) {
	page, err := os.ReadFile("../../docs/metrics.md") // which a test of internal/app compares with the code
	require.NoError(t, err)
	queries := dashboardQueries(t)
	for _, rule := range alertRules(t) {
		queries = append(queries, rule.Expr)
	}
	for _, query := range queries {
		for _, name := range regexp.MustCompile(`shopbot_[a-z_]+`).FindAllString(query, -1) {
			require.Contains(t, string(page), "`"+strings.TrimSuffix(name, "_bucket")+"`", query)
		}
	}
}

// promtool takes a test of an alert that no rule has for one that does not fire, so the names are
// compared here.
func TestEachAlertIsTestedToFireAndNotToFire(t *testing.T) {
	var names []string
	for _, rule := range alertRules(t) {
		names = append(names, rule.Alert)
		require.Contains(t, []string{"critical", "warning", "info"}, rule.Labels["severity"], rule.Alert)
	}
	var file struct {
		Tests []struct {
			Rules []struct {
				Alert    string           `yaml:"alertname"`
				Expected []map[string]any `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	readYAML(t, ruleTestsFile, &file)
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, test := range file.Tests {
		for _, rule := range test.Rules {
			require.Contains(t, names, rule.Alert, "a misspelt name")
			fires[rule.Alert] = fires[rule.Alert] || len(rule.Expected) > 0
			silent[rule.Alert] = silent[rule.Alert] || len(rule.Expected) == 0
		}
	}
	for _, name := range names {
		require.True(t, fires[name], "%s is never seen to fire", name)
		require.True(t, silent[name], "%s is never seen not to fire", name)
	}
}

func TestPromtoolAcceptsTheRulesAndTheirTestsPass(t *testing.T) {
	promtool := findTool(t, "promtool")
	run := func(args ...string) string {
		out, err := exec.CommandContext(t.Context(), promtool, args...).CombinedOutput()
		require.NoError(t, err, string(out))
		return string(out)
	}
	require.Contains(t, run("check", "rules", rulesFile), fmt.Sprintf("%d rules found", len(alertRules(t))))
	run("test", "rules", ruleTestsFile)

	// promtool knows no dashboards, but each query may stand in a rule.
	var rules []map[string]string
	for i, query := range dashboardQueries(t) {
		rules = append(rules, map[string]string{"record": fmt.Sprintf("dashboard:query%d", i), "expr": query})
	}
	text, err := yaml.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": rules}}})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "dashboard.yml")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	run("check", "rules", file)
}

func TestARealPrometheusScrapesTheShop(t *testing.T) {
	prometheus := findTool(t, "prometheus")
	ops, web := freePort(t), freePort(t)
	_, output := startUnread(t, testenv.BuildShop(t), append(shopEnviron(t), "SHOPBOT_OPS_LISTEN="+local(ops)), "run")
	log := follow(output)

	dir := t.TempDir()
	rules, err := filepath.Abs(rulesFile)
	require.NoError(t, err)
	settings, err := yaml.Marshal(map[string]any{
		"global":         map[string]string{"scrape_interval": "1s", "evaluation_interval": "1s"},
		"scrape_configs": []any{map[string]any{"job_name": "shopbot", "static_configs": []any{map[string]any{"targets": []string{local(ops)}}}}},
		"rule_files":     []string{rules},
	})
	require.NoError(t, err)
	config := filepath.Join(dir, "prometheus.yml")
	require.NoError(t, os.WriteFile(config, settings, 0o600))
	server := exec.CommandContext(t.Context(), prometheus, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+local(web))
	serverLog := &testenv.LogBuffer{}
	server.Stdout, server.Stderr = serverLog, serverLog
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})

	// ask returns the results of a query; nil if Prometheus does not answer yet.
	ask := func(query string) (results []any) {
		var answer struct{ Data struct{ Result []any } }
		if getJSON(t, "http://"+local(web)+"/api/v1/query?query="+url.QueryEscape(query), &answer) {
			results = answer.Data.Result
		}
		return results
	}
	require.Eventually(t, func() bool {
		return len(ask(`up{job="shopbot"} == 1`)) == 1 && len(ask(`shopbot_database_writable == 1`)) == 1
	}, 2*time.Minute, time.Second, "%s\n%s", serverLog, log)
	require.Len(t, ask(`shopbot_orders_total{event="paid"} == 0`), 1)
	require.Len(t, ask(`shopbot_oldest_order_seconds == 0`), 2)
	var loaded struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health string }
			}
		}
	}
	require.Eventually(t, func() bool {
		loaded.Data.Groups = nil
		return getJSON(t, "http://"+local(web)+"/api/v1/rules", &loaded) && len(loaded.Data.Groups) == 1 &&
			!slices.ContainsFunc(loaded.Data.Groups[0].Rules, func(r struct{ Name, Health string }) bool { return r.Health != "ok" })
	}, time.Minute, time.Second, "every rule is evaluated without an error")
	require.Len(t, loaded.Data.Groups[0].Rules, len(alertRules(t)))
}

// getJSON reads the answer of an address; false if there is none.
func getJSON(t *testing.T, address string, to any) bool {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return err == nil && resp.StatusCode == http.StatusOK && json.Unmarshal(body, to) == nil
}
