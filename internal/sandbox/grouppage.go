package sandbox

import (
	"net/http"
	"slices"

	"shopbot/internal/sandbox/telegram"
)

// groupView is a group or a channel that the user is in, or was removed from.
type groupView struct {
	ID      int64        `json:"id"`
	Title   string       `json:"title"`
	Kind    string       `json:"kind"`    // "group", "supergroup" or "channel"
	Bot     string       `json:"bot"`     // what the bot is in it, in the words of the Bot API, or "deleted"
	Mine    string       `json:"mine"`    // what the user is in it
	Members []memberView `json:"members"` // who is in it; empty for who is not
}

type memberView struct {
	Key    string `json:"key"`
	Name   string `json:"name"`
	Status string `json:"status"`
}

// maxGroupMembers limits the members that the page lists.
const maxGroupMembers = 200

func (p *page) groups(k chatKey) []groupView {
	views := []groupView{}
	var users []Person
	for _, g := range p.world.telegram.Groups(k.token) {
		i := slices.IndexFunc(g.Members, func(m telegram.Member) bool { return m.User == k.user })
		if i < 0 {
			continue
		}
		v := groupView{ID: g.ID, Title: g.Title, Kind: g.Kind, Bot: g.Bot, Mine: g.Members[i].Status, Members: []memberView{}}
		if users == nil {
			users = p.users()
		}
		for _, m := range g.Members {
			if in(v.Mine) && in(m.Status) && len(v.Members) < maxGroupMembers {
				v.Members = append(v.Members, viewMember(users, m))
			}
		}
		views = append(views, v)
	}
	return views
}

// in reports whether somebody with this status is in a group.
func in(status string) bool { return status != "left" && status != "kicked" }

func viewMember(users []Person, m telegram.Member) memberView {
	v := memberView{Status: m.Status}
	if i := slices.IndexFunc(users, func(u Person) bool { return u.ID == m.User }); i >= 0 {
		v.Key, v.Name = users[i].Key, displayName(users[i].User)
	}
	return v
}

type groupRequest struct {
	As     string `json:"as"` // who owns the group, joins it, or acts in it
	Bot    string `json:"bot"`
	Kind   string `json:"kind"` // "group", "supergroup" or "channel"
	Title  string `json:"title"`
	Ref    string `json:"ref"` // an invite link
	ID     int64  `json:"id"`
	Member string `json:"member"` // key of who is removed
	Do     string `json:"do"`     // see inGroup
}

type groupRef struct {
	ID int64 `json:"id"` // of the chat
}

// group creates a group or a channel in which the bot is an administrator.
func (p *page) group(in groupRequest) (groupRef, error) {
	k, err := p.chat(in.As, in.Bot)
	if err != nil {
		return groupRef{}, err
	}
	id, err := p.world.telegram.AddGroup(k.token, k.user, in.Kind, in.Title)
	return groupRef{id}, err
}

// enter joins by an invite link.
func (p *page) enter(in groupRequest) (groupRef, error) {
	user, err := p.user(in.As)
	if err != nil {
		return groupRef{}, err
	}
	id, err := p.world.telegram.Join(in.Ref, user.ID)
	return groupRef{id}, err
}

// inGroup does what a member, or the owner, does in a group.
func (p *page) inGroup(in groupRequest) error {
	k, err := p.chat(in.As, in.Bot)
	if err != nil {
		return err
	}
	t := p.world.telegram
	owns := slices.ContainsFunc(p.groups(k), func(g groupView) bool { return g.ID == in.ID && g.Mine == "creator" })
	if in.Do != "leave" && !owns {
		return pageError{http.StatusForbidden, "not_owner", "only the owner of a group can do this"}
	}
	switch in.Do {
	case "leave":
		return t.Leave(k.token, in.ID, k.user)
	case "remove":
		member, err := p.user(in.Member)
		if err != nil {
			return err
		}
		return t.Kick(k.token, in.ID, member.ID)
	case "promote":
		return t.SetRights(k.token, in.ID, true)
	case "demote":
		return t.Demote(k.token, in.ID)
	case "remove_bot":
		return t.RemoveBot(k.token, in.ID)
	case "migrate":
		_, err := t.Migrate(k.token, in.ID)
		return err
	case "delete":
		return t.DeleteGroup(k.token, in.ID)
	default:
		return pageError{http.StatusBadRequest, "no_deed", "there is no such thing to do in a group"}
	}
}
