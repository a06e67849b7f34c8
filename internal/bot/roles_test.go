package bot

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"shopbot/internal/shop"
)

const (
	mia = int64(11) // a manager
	sam = int64(12) // support
)

// peopleOfRoles are one person of each role.
func peopleOfRoles() map[int64]shop.Role {
	return map[int64]shop.Role{alice: shop.RoleBuyer, sam: shop.RoleSupport, mia: shop.RoleManager, olga: shop.RoleOwner}
}

// hire gives the store a person of each role.
func (w *world) hire() {
	w.Helper()
	w.store.team.Members = []shop.Member{{User: mia, Role: shop.RoleManager}, {User: sam, Role: shop.RoleSupport}}
	w.employ(olga)
}

// employ makes the store's team and some owners by configuration the whole staff.
func (w *world) employ(owners ...int64) {
	w.Helper()
	staff, err := shop.NewStaff(w.Context(), w.store, owners)
	require.NoError(w, err)
	w.bot.staff, w.bot.courier.staff = staff, staff
}

// called has every command, button and form note that it is called, and do nothing else.
func (w *world) called() *[]string {
	calls := &[]string{}
	note := func(name string) func(context.Context, *request) error {
		return func(context.Context, *request) error {
			*calls = append(*calls, name)
			return nil
		}
	}
	for _, table := range []map[string]handler{w.bot.commands, w.bot.buttons} {
		for name, h := range table {
			h.do = note(name)
			table[name] = h
		}
	}
	for name, f := range w.bot.forms {
		f.leave = nil
		f.take = func(ctx context.Context, r *request, _ shop.Form) (bool, error) { return true, note(name)(ctx, r) }
		w.bot.forms[name] = f
	}
	return calls
}

// answers is what calls show, without what differs by nature.
func answers(calls []call) (shown []string) {
	for _, c := range calls {
		shown = append(shown, c.method+" "+c.params["text"]+c.params["caption"]+c.params["reply_markup"])
	}
	return shown
}

// To a person without its role, a command, a button or a form is what one is that does not exist,
// and nothing happens.
func TestEveryCommandButtonAndFormIsThereForItsRoleAlone(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.hire()
		calls := w.called()
		for user, role := range peopleOfRoles() {
			w.say(user, "/start") // so that menus are set
			unknown, stale := answers(w.say(user, "/nosuchcommand")), answers(w.press(user, 50, "nosuchbutton:1"))
			meant := answers(w.say(user, "some words"))
			check := func(what string, need shop.Role, do func() []call, refused []string) {
				t.Helper()
				*calls = nil
				commits, stored := w.store.commits, maps.Clone(w.store.notes)
				shown := answers(do())
				if role.May(need) {
					require.Len(t, *calls, 1, "%s as %q", what, role)
					return
				}
				require.Empty(t, *calls, "%s as %q", what, role)
				require.Equal(t, refused, shown, "%s as %q", what, role)
				require.Equal(t, commits, w.store.commits, "%s as %q", what, role)
				require.Equal(t, stored, w.store.notes, "%s as %q", what, role)
			}
			for name, h := range w.bot.commands {
				check("/"+name, h.role, func() []call { return w.say(user, "/"+name+" 1") }, unknown)
				check("/"+strings.ToUpper(name), h.role, func() []call { return w.say(user, "/"+strings.ToUpper(name)) }, unknown)
			}
			for name, h := range w.bot.buttons {
				for _, data := range []string{name, name + ":1:2:3", actAnew + ":" + name + ":1"} {
					check(data, h.role, func() []call { return w.press(user, 50, data) }, stale)
				}
			}
			for name, f := range w.bot.forms {
				open := func() []call {
					w.store.forms[formKey{user, ""}] = shop.Form{Name: name, Until: time.Now().Add(time.Hour)}
					return w.say(user, "some words")
				}
				check("form "+name, f.role, open, meant)
				delete(w.store.forms, formKey{user, ""})
			}
		}
	})
}

func TestHomeAndMenusAreDrawnForTheRole(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.hire()
		for _, h := range homeButtons() {
			require.Equal(t, w.bot.buttons[h.action].role, h.role, "the home's button %s", h.text)
			require.NotNil(t, w.bot.buttons[h.action].do, h.action)
		}
		for user, role := range peopleOfRoles() {
			home := w.say(user, "/start")
			for _, h := range homeButtons() {
				require.Equal(t, role.May(h.role), findButton(t, home, h.action) != "", "%s for %q", h.text, role)
			}
			require.Equal(t, role != shop.RoleBuyer, findButton(t, home, actHome) != "", "the buyers' view")
			view := w.press(user, 50, actHome)
			require.Equal(t, role != shop.RoleBuyer, findButton(t, view, actAdmin) != "", "and back")
			require.NotEmpty(t, findButton(t, view, actOrders))
			help := said(w.say(user, "/help")) + "\n"
			for _, name := range ownerCommands() {
				may := role.May(w.bot.commands[name].role)
				require.Equal(t, may, slices.Contains(w.bot.menuCommands(role), name), "%s for %q", name, role)
				if !slices.Contains(buyerCommands(), name) && name != "resume" {
					require.Equal(t, may, strings.Contains(help, "\n"+localizerOf(w.bot.chat.texts, "en", w.bot.shop.Catalog().Shop).Plain("help_"+name)), "%s for %q in\n%s", name, role, help)
				}
			}
		}
	})
}

// The page of commands has the roles from the tables; the failure prints the lines as they should be.
func TestTheDocsSayWhoMayUseWhat(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		page, err := os.ReadFile("../../docs/commands.md")
		require.NoError(t, err)
		for _, role := range shop.Roles()[1:] {
			var names []string
			for name, h := range w.bot.commands {
				if h.role == role {
					names = append(names, "`/"+name+"`")
				}
			}
			slices.Sort(names)
			line := "| " + string(role) + " | " + strings.Join(names, ", ") + " |"
			require.Contains(t, strings.Split(string(page), "\n"), line)
		}
	})
}

// Buttons under the notices are those that the reader's role may use, and lead somewhere.
func TestNoticesHaveTheButtonsOfTheReadersRole(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.hire()
		for _, action := range []string{actReplace, actWrite} { // of other screens
			if _, known := w.bot.buttons[action]; !known {
				w.bot.buttons[action] = handler{role: shop.RoleSupport}
			}
		}
		o := paidWith(t, orderOf(t, vpn(1)), "2.50")
		o.State, o.Lines[0].Goods = shop.StateDelivered, []string{"KEY"}
		sold := ownerScreen(testLocalizer(t, "en"), o, shop.Notice{What: shop.WhatSold})
		for role, want := range map[shop.Role][]string{
			shop.RoleSupport: {"n:det:", "n:replace:", "n:write:7:"},
			shop.RoleManager: {"n:det:", "n:rask:", "n:replace:", "n:write:7:"},
			shop.RoleOwner:   {"n:det:", "n:rask:", "n:replace:", "n:write:7:"},
		} {
			var drawn []string
			for _, b := range slices.Concat(w.bot.courier.forRole(sold, role).Rows...) {
				drawn = append(drawn, strings.TrimSuffix(b.Data, string(o.ID)))
				require.LessOrEqual(t, len(b.Data), maxData)
			}
			require.Equal(t, want, drawn, "%q", role)
		}
		several := o.Clone()
		several.Lines[0].FromStock, several.Lines[0].Goods, several.Lines[0].Quantity = false, nil, 2
		several.Lines[0].Delivered = time.Now()
		for role, want := range map[shop.Role]bool{shop.RoleSupport: false, shop.RoleManager: true} {
			drawn := slices.ContainsFunc(slices.Concat(detailsButtons(testLocalizer(t, "en"), several, role)...), func(b button) bool {
				return strings.HasPrefix(b.Data, "n:"+actReplace)
			})
			require.Equal(t, want, drawn, "a piece without a key can be paid back only")
		}
		held := ownerScreen(testLocalizer(t, "en"), o, shop.Notice{What: shop.WhatHeld, Reason: string(shop.HoldRefused)})
		require.Len(t, slices.Concat(held.Rows...), 5)
		for _, b := range slices.Concat(w.bot.courier.forRole(held, shop.RoleSupport).Rows...) {
			require.NotContains(t, b.Data, actRelease+":", "support does not release")
			require.NotContains(t, b.Data, actAskRefund+":")
		}
	})
}

func TestWhoIsToldWhat(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.hire()
		c := w.bot.courier
		require.ElementsMatch(t, []int64{olga, mia}, c.recipients(ownerNotice{to: told(shop.WhatSold)}))
		require.ElementsMatch(t, []int64{olga, mia}, c.recipients(ownerNotice{to: told(shop.WhatHeld)}))
		require.ElementsMatch(t, []int64{olga}, c.recipients(ownerNotice{to: told(shop.WhatRefundRefused)}))
		require.ElementsMatch(t, []int64{olga, mia}, c.recipients(ownerNotice{to: told(shop.WhatRefundRefused), also: mia}), "who asked for it")
		require.ElementsMatch(t, []int64{olga}, c.recipients(ownerNotice{also: alice}), "but no buyer")
		require.ElementsMatch(t, []int64{olga}, c.recipients(ownerNotice{}), "alarms")
		require.ElementsMatch(t, []int64{olga, mia, sam}, c.recipients(ownerNotice{to: shop.RoleSupport}), "questions")
		require.ElementsMatch(t, []int64{mia, sam}, c.recipients(ownerNotice{to: shop.RoleSupport, besides: olga}))
	})
}

// A manager who is removed in the middle of a form is refused at its next step.
func TestWhoIsRemovedInTheMiddleOfAFormIsRefused(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.hire()
		require.Contains(t, said(w.say(mia, "/addstock vpn")), "Now send the keys")
		w.press(olga, 50, "staff:set:11:manager:none")
		require.Equal(t, shop.RoleBuyer, w.bot.staff.Role(mia))
		commits := w.store.commits
		require.Contains(t, said(w.say(mia, "KEY-1\nKEY-2")), "found nothing")
		require.Contains(t, said(w.say(mia, "/done")), "I do not know this command")
		require.Equal(t, commits, w.store.commits)
		require.Empty(t, w.store.units["vpn"])
	})
}
