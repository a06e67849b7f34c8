package bot

import (
	"go/ast"
	"go/parser"
	"go/token"
	"html"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"

	"shopbot/internal/broadcast"
	"shopbot/internal/catalog"
	"shopbot/internal/export"
	"shopbot/internal/localize"
	"shopbot/internal/shop"
	"shopbot/internal/support"
)

// readTexts maps: text => its forms, joined.
func readTexts(t *testing.T, language string) map[string]string {
	t.Helper()
	raw, err := localize.Files.ReadFile("texts/" + language + ".yaml")
	require.NoError(t, err)
	var file map[string]any
	require.NoError(t, yaml.Unmarshal(raw, &file))
	texts := map[string]string{}
	for id, text := range file {
		switch text := text.(type) {
		case string:
			texts[id] = text
		case map[string]any:
			for _, form := range slices.Sorted(maps.Keys(text)) {
				texts[id] += text[form].(string) + "\n"
			}
		}
	}
	return texts
}

// speaking are the packages that name texts.
var speaking = []string{".", "../localize"}

// inspect visits the code of the packages that name texts, tests left out.
func inspect(t *testing.T, visit func(ast.Node)) {
	t.Helper()
	product := func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") && f.Name() != "check.go" } // which lists ids
	for _, directory := range speaking {
		packages, err := parser.ParseDir(token.NewFileSet(), directory, product, 0) //nolint:staticcheck // directories without build tags
		require.NoError(t, err)
		for _, p := range packages {
			ast.Inspect(p, func(n ast.Node) bool {
				visit(n)
				return true
			})
		}
	}
}

// literals are all texts in the code, and those of the buttons that it names.
func literals(t *testing.T) (texts []string) {
	t.Helper()
	inspect(t, func(n ast.Node) {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text := strings.Trim(lit.Value, "`\"")
			texts = append(texts, text, "button_"+text, "command_"+text)
		}
	})
	return texts
}

// textIDs are the texts that the code names as a literal.
func textIDs(t *testing.T) (ids []string) {
	t.Helper()
	inspect(t, func(n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return
		}
		f, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || f.Sel.Name != "say" && f.Sel.Name != "Say" && f.Sel.Name != "Plain" && f.Sel.Name != "button" && f.Sel.Name != "menu" {
			return
		}
		if lit, ok := call.Args[0].(*ast.BasicLit); ok && f.Sel.Name == "button" {
			ids = append(ids, "button_"+strings.Trim(lit.Value, `"`))
			return
		}
		for _, arg := range call.Args {
			if lit, ok := arg.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				id, err := strconv.Unquote(lit.Value)
				if err == nil && strings.ToLower(id) == id && id != "" {
					ids = append(ids, id)
				}
			}
		}
	})
	return ids
}

// Telegram takes 200 characters for the answer to a button.
func TestTextsThatAnswerAButtonAreShort(t *testing.T) {
	var ids []string
	add := func(args []ast.Expr) {
		if len(args) == 0 {
			return
		}
		if lit, ok := args[0].(*ast.BasicLit); ok {
			ids = append(ids, strings.Trim(lit.Value, `"`))
		}
	}
	inspect(t, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "warn" {
				add(n.Args)
			}
		case *ast.AssignStmt:
			if to, ok := n.Lhs[0].(*ast.SelectorExpr); ok && to.Sel.Name == "toast" {
				if call, ok := n.Rhs[0].(*ast.CallExpr); ok {
					add(call.Args)
				}
			}
		}
	})
	require.Greater(t, len(ids), 30)
	for _, a := range apologies {
		ids = append(ids, a.text)
	}
	for _, id := range ids {
		require.LessOrEqual(t, localize.Limit(id), 190, "add %s to answers in internal/localize/check.go", id)
	}
}

// healthTexts are the texts of what an examination finds, and of what it is about.
func healthTexts(t *testing.T) (ids []string) {
	t.Helper()
	sources, err := filepath.Glob("../preflight/*.go")
	require.NoError(t, err)
	named := regexp.MustCompile(`"(health_\w+)"|[sS]ubject = "([a-z ]+)"|c\.(?:ok|warn|fail)\("([a-z ]+)"`)
	for _, name := range sources {
		source, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, found := range named.FindAllStringSubmatch(string(source), -1) {
			if found[1] != "" {
				ids = append(ids, found[1])
				continue
			}
			ids = append(ids, "health_subject_"+strings.ReplaceAll(found[2]+found[3], " ", "_"))
		}
	}
	require.Greater(t, len(ids), 60)
	return ids
}

func TestTheTextsAreThoseThatTheCodeNames(t *testing.T) {
	english := readTexts(t, "en")
	ids := textIDs(t)
	require.Greater(t, len(ids), 80)
	for _, state := range shop.States() {
		ids = append(ids, "state_"+string(state))
		if state != shop.StateNew && state != shop.StateRefunding { // they share a mark
			ids = append(ids, "mark_"+string(state))
		}
		if state != shop.StateCancelled {
			ids = append(ids, "order_"+string(state))
		}
	}
	for _, reason := range []shop.HoldReason{
		shop.HoldSoldOut, shop.HoldManual, shop.HoldWrongAmount, shop.HoldWrongAsset, shop.HoldUndeliverable, shop.HoldNoGoods, shop.HoldRefused,
		shop.HoldUnknownWay, shop.HoldWrongValue, shop.HoldServerRefused, shop.HoldServerAnswer, shop.HoldServerLate, shop.HoldNoRight, shop.HoldNoChat,
	} {
		ids = append(ids, "held_"+string(reason), "owner_held_"+string(reason), "hold_"+string(reason))
	}
	ids = append(ids, "held_"+string(shop.HoldManual)+"_late", "hold_"+string(shop.HoldManual)+"_late")
	for _, kind := range []catalog.AnswerKind{catalog.AnswerText, catalog.AnswerNumber, catalog.AnswerChoice, catalog.AnswerFile} {
		ids = append(ids, "order_q_hint_"+string(kind), "order_q_bad_"+string(kind))
	}
	ids = append(ids, "order_paid_preparing", "owner_stuck_server", "owner_stranger_last", "owner_interrupted_payments", "owner_interrupted_deliveries", "owner_interrupted_messages")
	for _, why := range []shop.CancelReason{shop.CancelByBuyer, shop.CancelExpired, shop.CancelNoInvoice, shop.CancelRefused} {
		ids = append(ids, "order_cancelled_"+string(why))
	}
	for _, status := range []shop.RefundStatus{shop.RefundPending, shop.RefundSent, shop.RefundRefused} {
		ids = append(ids, "refund_status_"+string(status))
	}
	for _, choice := range []shop.HeldChoice{shop.ChoiceWait, shop.ChoiceRefund} {
		ids = append(ids, "choice_"+string(choice), "owner_choice_"+string(choice))
	}
	for _, what := range []shop.What{
		shop.WhatSold, shop.WhatHeld, shop.WhatStuck, shop.WhatPaidAgain, shop.WhatRefundSent,
		shop.WhatRefundRefused, shop.WhatRefundUnclear, shop.WhatReplaced, shop.WhatLate, shop.WhatStranger,
		shop.WhatRenewalCancelled, shop.WhatRenewalFailed, shop.WhatRenewalKept,
	} {
		ids = append(ids, "owner_"+string(what))
	}
	for _, a := range alarms() {
		id := "alarm_" + string(a.ID)
		ids = append(ids, id+"_"+string(a.Cause))
		if a.ID != shop.AlarmPrices { // which ends silently
			ids = append(ids, "alarm_over_"+string(a.ID))
		}
	}
	for _, of := range []catalog.Section{catalog.OfCategories, catalog.OfProducts} {
		ids = append(ids, "change_"+string(of)+"_added", "change_"+string(of)+"_removed")
	}
	for _, field := range catalog.FieldNames() {
		if field != "hidden" && field != "sku" && field != "id" {
			ids = append(ids, "change_field_"+field)
		}
	}
	for _, where := range []shop.UnitWhere{shop.UnitForSale, shop.UnitSold, shop.UnitReturned, shop.UnitRemoved, shop.UnitBurned} {
		ids = append(ids, "where_"+string(where))
	}
	for _, why := range shop.ReplaceReasons() {
		ids = append(ids, "replace_why_"+string(why))
	}
	for _, rule := range []shop.SuspicionRule{
		shop.SuspectJSON, shop.SuspectCSV, shop.SuspectHeader, shop.SuspectChat, shop.SuspectFormatting, shop.SuspectShort,
		shop.SuspectShape, shop.SuspectBlocks, shop.SuspectTexts,
	} {
		ids = append(ids, "suspicion_"+string(rule))
	}
	for _, why := range []string{refusedFormatted, refusedRest, refusedTooLong, refusedTooBig} {
		ids = append(ids, "stock_piece_"+why)
	}
	for _, verb := range []string{"undo", "removebatch"} {
		ids = append(ids, "button_stock_"+verb+"_yes", "stock_"+verb+"_sure")
	}
	for _, label := range []string{"add", "add_odd", "add_elsewhere", "add_gone", "add_all"} {
		ids = append(ids, "button_stock_"+label)
	}
	for field, q := range couponQuestions() {
		ids = append(ids, "coupon_q_"+field)
		if slices.Contains(q.choices, none) {
			ids = append(ids, "button_coupon_none_"+field)
		}
	}
	for _, field := range []string{fieldItems, fieldMinimum, fieldFrom} {
		ids = append(ids, "button_coupon_ask_"+field)
	}
	for _, reason := range shop.CouponReasons() {
		ids = append(ids, "coupon_no_"+string(reason))
	}
	for _, rights := range []string{placeReady, placeInviter, placeMember, placeGone} {
		ids = append(ids, "place_bot_"+rights)
	}
	for _, h := range homeButtons() {
		ids = append(ids, "button_"+h.text)
	}
	ids = append(ids, healthTexts(t)...)
	for _, reason := range blockReasons() {
		ids = append(ids, "block_reason_"+reason)
	}
	for _, status := range []support.Status{support.StatusOpen, support.StatusAnswered, support.StatusClosed} {
		ids = append(ids, "question_status_"+string(status))
	}
	for _, state := range []broadcast.State{broadcast.Running, broadcast.Paused, broadcast.Stopped, broadcast.Done} {
		ids = append(ids, "broadcast_state_"+string(state))
	}
	for _, kind := range []broadcast.Kind{broadcast.All, broadcast.Bought, broadcast.Idle, broadcast.Never} {
		ids = append(ids, "broadcast_to_"+string(kind))
	}
	for _, w := range homeWaits() {
		ids = append(ids, w.text)
	}
	for _, role := range shop.Roles() {
		ids = append(ids, "role_"+roleWord(role), "may_"+roleWord(role), "you_are_"+roleWord(role))
	}
	for _, f := range editFields {
		ids = append(ids, "edit_field_"+f.name, "edit_ask_"+f.name)
	}
	for _, kind := range catalog.Kinds() {
		ids = append(ids, "edit_way_"+string(kind))
	}
	for _, kind := range []string{editsCategory, editsProduct} {
		ids = append(ids, "edit_remove_"+kind, "edit_next_"+kind)
	}
	for _, a := range apologies {
		ids = append(ids, a.text)
	}
	for _, name := range ownerCommands() {
		ids = append(ids, "command_"+name)
		if !slices.Contains(buyerCommands(), name) && name != "resume" { // which stands with pause
			ids = append(ids, "help_"+name)
		}
	}
	for _, what := range export.All() {
		ids = append(ids, "export_"+string(what))
	}
	for _, name := range exportPeriods() {
		ids = append(ids, "export_period_"+name)
	}
	for _, name := range exportFormatNames() {
		ids = append(ids, "export_format_"+name)
	}
	for _, why := range shop.Disapprovals() {
		ids = append(ids, "disapproved_"+string(why))
	}
	for _, means := range []string{"crypto", "stars", "both"} {
		ids = append(ids, "means_"+means, "help_pay_"+means)
	}
	for _, choice := range append(payChoices(), payShop) {
		ids = append(ids, "edit_pay_"+choice)
	}
	for _, id := range ids {
		if strings.HasSuffix(id, "_") { // put together from a state or a reason, above
			continue
		}
		if _, exists := english[id]; !exists {
			t.Errorf("the code names the text %q, which texts/en.yaml does not have", id)
		}
	}
	for _, name := range periodNames() {
		ids = append(ids, "stats_"+name, "stats_button_"+name, "stats_picture_"+name)
	}
	ids = append(append(ids, literals(t)...), "alarm_over_"+string(shop.AlarmTelegram))
	fromOutside := regexp.MustCompile("^(audit_act|choice|difference|disapproved|hint|refund_status|web)_")
	for id := range english {
		named := slices.Contains(ids, id) || slices.Contains(ids, strings.TrimSuffix(strings.TrimSuffix(id, "_check"), "_hand")) ||
			slices.Contains(ids, strings.TrimSuffix(strings.TrimSuffix(id, "_alone"), "_stars"))
		if !named && !fromOutside.MatchString(id) {
			t.Errorf("no code names the text %q of texts/en.yaml", id)
		}
	}
}

func testLocalizer(t *testing.T, language string) localizer {
	t.Helper()
	texts, err := localize.Load()
	require.NoError(t, err)
	return localizerOf(texts, language, catalog.Shop{Languages: spokenLanguages})
}

func TestLanguages(t *testing.T) {
	require.Equal(t, "English", testLocalizer(t, "en-GB").Plain("language_name"))
	require.Equal(t, "Русский", testLocalizer(t, "ru").Plain("language_name"))
	require.Equal(t, "English", testLocalizer(t, "pt-BR").Plain("language_name"), "the shop's first language")
	require.Equal(t, "English", testLocalizer(t, "").Plain("language_name"))
}

func htmlText(m markup) string { return html.UnescapeString(localize.StripTags(string(m))) }

func TestWhatPeopleWriteIsNoMarkup(t *testing.T) {
	l := testLocalizer(t, "en")
	evil := `<b>x</b> & "y" {{.Shop}}`
	said := l.Say("home", "Shop", evil)
	require.Contains(t, said, `&lt;b&gt;x&lt;/b&gt; &amp; &#34;y&#34; {{.Shop}}`)
	require.Contains(t, l.Plain("home", "Shop", evil), evil, "in a button nothing is escaped")
	require.NotContains(t, buyer(l, shop.Buyer{ID: 1, Name: evil}), "<b>")
}
