package bot

import (
	"crypto/rand"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-telegram/bot/models"
	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

// to lists the texts of calls that were sent to a person.
func to(calls []call, user int64) (texts []string) {
	for _, c := range calls {
		if c.params["chat_id"] == itoa(user) && c.method != "setMyCommands" {
			texts = append(texts, c.params["text"])
		}
	}
	return texts
}

var secretInLink = regexp.MustCompile(`\?start=j_([\w-]+)`)

// invited has olga invite somebody and returns the secret of the link.
func (w *world) invited(role shop.Role) string {
	w.Helper()
	found := secretInLink.FindStringSubmatch(said(w.press(olga, 50, "staff:new:"+string(role))))
	require.Len(w, found, 2)
	require.NotContains(w, string(w.store.team.Invitations[len(w.store.team.Invitations)-1].Hash), found[1])
	return found[1]
}

func TestSomebodyIsInvitedAndJoins(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		require.Contains(t, said(w.press(olga, 50, "staff:new")), "What may the new person do?")
		secret := w.invited(shop.RoleManager)
		require.Contains(t, said(w.say(olga, "/start j_"+secret)), "You are owner already")
		require.Contains(t, said(w.say(olga, "/staff")), "1. manager, by")

		asked := w.say(alice, "/start j_"+secret)
		require.Contains(t, said(asked), "as <b>manager</b>")
		require.Contains(t, said(w.say(alice, "/stats")), "I do not know this command", "before she accepts")
		yes := findButton(t, asked, actJoin)
		calls := w.press(alice, 50, yes)
		require.Contains(t, strings.Join(to(calls, alice), "\n"), "You are a <b>manager</b>")
		require.Contains(t, strings.Join(to(calls, olga), "\n"), "joined the staff: <b>manager</b>")
		require.True(t, slices.ContainsFunc(calls, func(c call) bool {
			return c.method == "setMyCommands" && strings.Contains(c.params["scope"], "7") && strings.Contains(c.params["commands"], "addstock") &&
				!strings.Contains(c.params["commands"], "balance")
		}), "the menu of a manager")
		require.Contains(t, said(w.say(alice, "/admin")), "your role: manager")
		require.Contains(t, said(w.say(alice, "/balance")), "I do not know this command")

		require.Contains(t, said(w.press(alice, 50, yes)), "your role: manager", "a second press")
		require.Contains(t, said(w.say(sam, "/start j_"+secret)), "does not work any more")
		require.Contains(t, said(w.press(sam, 50, yes)), "does not work any more")
		require.Equal(t, shop.RoleBuyer, w.bot.staff.Role(sam))
		require.Equal(t, []shop.AuditEntry{
			{Act: shop.AuditStaffInvited, By: olga, Reason: "manager"}, {Act: shop.AuditStaffJoined, By: alice, Reason: "manager"},
		}, w.store.trail)
	})
}

func TestAnInvitationIsWithdrawn(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		secret := w.invited(shop.RoleOwner)
		list := w.say(olga, "/staff")
		withdraw := findButton(t, list, "staff:off:")
		require.LessOrEqual(t, len(withdraw), maxData)
		require.NotContains(t, said(w.press(olga, 50, withdraw)), "Invitations")
		require.Contains(t, said(w.say(alice, "/start j_"+secret)), "does not work any more")
		w.press(alice, 50, actJoin+":"+secret)
		require.Equal(t, shop.RoleBuyer, w.bot.staff.Role(alice))
	})
}

func TestRolesAreChangedAndTakenAwayAfterAQuestion(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.hire()
		require.Contains(t, said(w.press(olga, 50, "staff:m:12")), "Role: <b>support</b>")
		asked := w.press(olga, 50, "staff:ask:12:support:owner")
		require.Contains(t, said(asked), "Now: support.")
		require.Equal(t, shop.RoleSupport, w.bot.staff.Role(sam))
		yes := findButton(t, asked, "staff:set:")
		calls := w.press(olga, 50, yes)
		require.Equal(t, shop.RoleOwner, w.bot.staff.Role(sam))
		require.Contains(t, strings.Join(to(calls, sam), "\n"), "You are an <b>owner</b>")

		// Another owner is told, and a button of before does nothing.
		calls = w.press(sam, 50, "staff:set:11:manager:none")
		require.Contains(t, strings.Join(to(calls, olga), "\n"), "removed")
		require.Contains(t, strings.Join(to(calls, mia), "\n"), "You are not on this shop's staff any more")
		require.Contains(t, w.toastOf(w.press(sam, 50, "staff:set:11:manager:owner")), "not on the staff any more")
		require.Contains(t, w.toastOf(w.press(olga, 50, yes)), "out of date")
		require.Equal(t, shop.RoleBuyer, w.bot.staff.Role(mia))
		require.Equal(t, []shop.AuditEntry{
			{Act: shop.AuditStaffChanged, By: olga, Reason: "12 owner"}, {Act: shop.AuditStaffRemoved, By: sam, Reason: "11"},
		}, w.store.trail)

		// An owner who removes themselves has a buyer's menu.
		calls = w.press(sam, 50, "staff:set:12:owner:none")
		require.Empty(t, findButton(t, calls, actStaff))
		require.NotEmpty(t, findButton(t, calls, actCatalog))
		require.Contains(t, strings.Join(to(calls, olga), "\n"), "removed")
		require.Contains(t, said(w.say(sam, "/staff")), "I do not know this command")
	})
}

func (w *world) toastOf(calls []call) string {
	for _, c := range calls {
		if c.method == "answerCallbackQuery" {
			return c.params["text"]
		}
	}
	return ""
}

func TestOwnersByConfigurationAndTheLastOwnerStay(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.hire()
		w.store.team.Members = append(w.store.team.Members, shop.Member{User: alice, Role: shop.RoleOwner})
		w.employ(olga)
		shown := w.press(alice, 50, "staff:m:9")
		require.Contains(t, said(shown), "named in SHOPBOT_ADMINS")
		require.Empty(t, findButton(t, shown, "staff:ask"))
		require.Contains(t, w.toastOf(w.press(alice, 50, "staff:set:9:owner:none")), "SHOPBOT_ADMINS")

		w.employ()
		require.Contains(t, w.toastOf(w.press(alice, 50, "staff:set:7:owner:manager")), "needs an owner")
		require.Equal(t, shop.RoleOwner, w.bot.staff.Role(alice))
	})
}

func TestOddButtonsOfTheStaffDoNothing(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.hire()
		before := w.store.team
		for _, odd := range []string{
			"staff:set", "staff:set:11", "staff:set:11:manager", "staff:set:11:manager:king", "staff:set:x:manager:owner", "staff:m:",
			"staff:set:11:manager:owner:more", "staff:boo", "staff:new:king", "staff:new:none", "staff:off:", "staff:p:-1", "join:", "join:::",
			"pause", "pause:maybe", "staff:ask:11::owner",
		} {
			calls, err := w.tryPress(olga, 50, odd)
			require.NoError(t, err, odd)
			require.NotEmpty(t, calls, odd)
			require.Equal(t, before, w.store.team, odd)
		}
	})
}

// withoutOwner is a shop that nobody owns, and its code.
func (w *world) withoutOwner() string {
	w.Helper()
	w.employ()
	w.bot.nonces.random = rand.Reader
	code, err := w.bot.OwnerCode()
	require.NoError(w, err)
	require.Len(w, code, 16)
	return code
}

func TestWhoSendsTheCodeBecomesTheOwner(t *testing.T) {
	for name, words := range map[string]func(code string) string{
		"as a message":  func(code string) string { return code },
		"by the link":   func(code string) string { return "/start own_" + code },
		"as it is read": func(code string) string { return " " + strings.ToLower(code[:4]+"-"+code[4:]) + "\n" },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				code := w.withoutOwner()
				calls := w.say(alice, words(code))
				require.Contains(t, said(calls), "You are an <b>owner</b>")
				require.Equal(t, shop.RoleOwner, w.bot.staff.Role(alice))
				require.True(t, slices.ContainsFunc(calls, func(c call) bool { return c.method == "setMyCommands" }))
				require.Equal(t, []shop.AuditEntry{{Act: shop.AuditStaffJoined, By: alice, Reason: "owner"}}, w.store.trail)

				require.NotContains(t, said(w.say(sam, words(code))), "You are an", "it works once")
				require.Equal(t, shop.RoleBuyer, w.bot.staff.Role(sam))
				require.Contains(t, said(w.say(alice, "/start own_"+code)), "your role: owner", "the same update again")
				again, err := w.bot.OwnerCode()
				require.NoError(t, err)
				require.Empty(t, again, "the shop has an owner")
			})
		})
	}
}

func TestWrongCodesEndTheRightOne(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		code := w.withoutOwner()
		for _, words := range []string{"hello", "When does it come?", "/start own_", "/start own_x", "ABCDEFGH", code + code} {
			require.NotContains(t, said(w.say(alice, words)), "not the code", "words are no code")
		}
		for n := range wrongCodes {
			require.Contains(t, said(w.say(alice, "ABCD"+strings.Repeat(itoa(n), 12))), "not the code")
		}
		require.Contains(t, said(w.say(alice, code)), "found nothing", "after ten wrong ones")
		require.Equal(t, shop.RoleBuyer, w.bot.staff.Role(alice))
		next, err := w.bot.OwnerCode()
		require.NoError(t, err)
		require.NotEqual(t, code, next)
		w.say(alice, next)
		require.Equal(t, shop.RoleOwner, w.bot.staff.Role(alice), "the next start makes another")
	})
}

func TestNobodyIsToldThatThereIsACodeWhereThereIsNone(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for _, words := range []string{"ABCD111111111111", "/start own_ABCD111111111111"} {
			require.NotContains(t, said(w.send(models.Message{From: user(alice), Text: words})), "code")
		}
	})
}
