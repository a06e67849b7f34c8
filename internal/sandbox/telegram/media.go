package telegram

import (
	"cmp"
	"encoding/json"
	"maps"
	"strconv"
	"strings"
)

// mediaKind is a kind of file that a message may hold. All kinds take the same way; what differs is
// in this table. Photos have sizes besides, see newPhoto.
type mediaKind struct {
	id       string   // how a file_id starts
	typeName string   // in errors
	folder   string   // in a file_path
	numbers  []string // what the sender says about it
	texts    []string
	fixed    map[string]any // what the server says about each
	caption  bool
	named    bool // has a name and a type
	album    bool // may be in a media group
}

var mediaKinds = map[string]mediaKind{
	"photo":    {id: "AgACAgIAAxkBAAI", typeName: "Photo", folder: "photos", caption: true, album: true},
	"document": {id: "BQACAgIAAxkBAAI", typeName: "Document", folder: "documents", caption: true, named: true, album: true},
	"video": {
		id: "BAACAgIAAxkBAAI", typeName: "Video", folder: "videos", caption: true, named: true, album: true,
		numbers: []string{"width", "height", "duration"},
	},
	"animation": {
		id: "CgACAgIAAxkBAAI", typeName: "Animation", folder: "animations", caption: true, named: true,
		numbers: []string{"width", "height", "duration"},
	},
	"audio": {
		id: "CQACAgIAAxkBAAI", typeName: "Audio", folder: "music", caption: true, named: true, album: true,
		numbers: []string{"duration"}, texts: []string{"performer", "title"},
	},
	"voice": {id: "AwACAgIAAxkBAAI", typeName: "VoiceNote", folder: "voice", caption: true, numbers: []string{"duration"}},
	"video_note": {
		id: "DQACAgIAAxkBAAI", typeName: "VideoNote", folder: "video_notes", numbers: []string{"length", "duration"},
	},
	"sticker": {
		id: "CAACAgIAAxkBAAI", typeName: "Sticker", folder: "stickers", texts: []string{"emoji"},
		fixed: map[string]any{"type": "regular", "width": 512, "height": 512, "is_animated": false, "is_video": false},
	},
}

// attachment is the media of a message: one of the two.
type attachment struct {
	kind  string
	photo *photo
	file  *storedFile
}

// sendMedia is sendPhoto, sendDocument and the like.
func sendMedia(kind string) func(*call, *chat) any {
	return func(c *call, chat *chat) any {
		m := c.mediaMessage(c.params, kind, kind)
		if c.str(kind) == "" && m.kind == "" {
			c.refuse(badRequest("there is no " + strings.ReplaceAll(kind, "_", " ") + " in the request"))
		}
		return c.send(chat, m)
	}
}

// mediaMessage makes a message with media, not yet posted. The parameters are those of the call, or
// the fields of an InputMedia object; field names the one with the file. The message has no media
// if the file is not there.
func (c *call) mediaMessage(p params, kind, field string) *message {
	m := &message{}
	if mediaKinds[kind].caption {
		p.err = nil
		m = newMessage(p.caption())
		c.refuse(p.err)
		m.captionAbove, m.Spoiler = p.flag("show_caption_above_media"), p.flag("has_spoiler")
	}
	uploadName := ""
	if field == kind {
		uploadName = kind
	}
	m.setMedia(c.media(kind, uploadName, p.str(field), p))
	return m
}

// media reads a file parameter: an upload with the given name, one named by attach://, or the id of
// a file sent before. It is empty if there is none. Addresses are refused, since nothing may be
// fetched here.
func (c *call) media(kind, uploadName, value string, about params) (a attachment) {
	if c.err != nil {
		return a // nothing is stored for a call that is refused
	}
	name, named := strings.CutPrefix(value, "attach://")
	if !named {
		name = uploadName
	}
	u, uploaded := c.uploads[name]
	f, known := c.ownFile(value)
	switch {
	case value == "" && !uploaded, named && !uploaded:
		return a
	case (value == "" || named) && len(u.Data) == 0:
		c.refuse(badRequest("file must be non-empty"))
	case value == "" || named:
		var err error
		a, err = c.newMedia(c.bot, kind, u, about)
		c.refuse(err)
	case strings.Contains(value, "://") && (!strings.HasPrefix(value, "http") || urlFault(value) != ""):
		c.refuse(badRequest("wrong HTTP URL specified"))
	case strings.Contains(value, "://"):
		c.refuse(badRequest("failed to get HTTP URL content"))
	case !known:
		c.refuse(badRequest("wrong file identifier/HTTP URL specified"))
	case f.kind != kind:
		c.refuse(badRequest("can't use file of type " + mediaKinds[f.kind].typeName + " as " + mediaKinds[kind].typeName))
	case f.photo != nil:
		a = attachment{kind: kind, photo: f.photo}
	default:
		a = attachment{kind: kind, file: f}
	}
	return a
}

// newMedia stores an uploaded file with what its sender says about it.
func (s *Service) newMedia(b *bot, kind string, u upload, about params) (attachment, error) {
	if kind == "photo" {
		p, err := s.newPhoto(b, u)
		return attachment{kind: kind, photo: p}, err
	}
	f := s.store(b, kind, File{Name: u.Name, Data: u.Data})
	k := mediaKinds[kind]
	f.about = maps.Clone(k.fixed)
	if f.about == nil {
		f.about = map[string]any{}
	}
	for _, name := range k.numbers {
		f.about[name] = max(about.number(name), 0)
	}
	for _, name := range k.texts {
		if text := about.str(name); text != "" {
			f.about[name] = text
		}
	}
	return attachment{kind: kind, file: f}, nil
}

// object is a file as the Bot API shows it.
func (f *storedFile) object() map[string]any {
	o := maps.Clone(f.about)
	o["file_id"], o["file_unique_id"], o["file_size"] = f.ID, f.unique, len(f.Data)
	if mediaKinds[f.kind].named {
		o["file_name"], o["mime_type"] = f.Name, f.MIME
	}
	return o
}

func sendMediaGroup(c *call, chat *chat) any {
	var items []json.RawMessage
	if !c.object("media", "media", "expected an Array of InputMedia", &items) {
		return c.refuse(badRequest("can't parse media JSON object"))
	}
	var album []*message
	for _, item := range items {
		m := c.inputMedia(item, true)
		for _, other := range album {
			if kind := cmp.Or(alone(m.kind), alone(other.kind)); kind != "" && m.kind != other.kind {
				c.refuse(badRequest(kind + " can't be mixed with other media types"))
			}
		}
		album = append(album, m)
	}
	switch {
	case len(items) == 0:
		c.refuse(badRequest("there are no messages to send"))
	case len(items) > 10:
		c.refuse(badRequest("too many messages to send as an album"))
	}
	group := ""
	if len(items) > 1 {
		group = strconv.FormatUint(c.unique(), 10)
	}
	var sent []*wireMessage
	for _, m := range album {
		m.Group = group
		sent = append(sent, c.send(chat, m))
	}
	return sent
}

// alone returns a kind that shares an album only with its own; "" for the others.
func alone(kind string) string {
	if kind == "document" || kind == "audio" {
		return kind
	}
	return ""
}

// inputMedia reads an InputMedia object as a message, not yet posted.
func (c *call) inputMedia(raw json.RawMessage, album bool) *message {
	refuse := func(text string) *message {
		c.refuse(badRequest("can't parse InputMedia: " + text))
		return &message{}
	}
	o, ok := parseObject(raw)
	if !ok {
		return refuse("expected an Object")
	}
	kind, err := o.required("type")
	if err != nil {
		return refuse(err.Error())
	}
	switch k := mediaKinds[kind]; {
	case k.album, kind == "animation" && !album:
	case kind == "animation":
		return refuse("type " + strconv.Quote(kind) + " can't be used in sendMediaGroup")
	default:
		return refuse("type " + strconv.Quote(kind) + " is unsupported")
	}
	own := newParams()
	own.addJSON(raw)
	m := c.mediaMessage(own, kind, "media")
	if m.kind == "" {
		return refuse("media not found")
	}
	return m
}
