package telegram

import (
	"strings"
)

type wireFile struct {
	FileID       string `json:"file_id"`
	FileUniqueID string `json:"file_unique_id"`
	FileSize     int    `json:"file_size"`
	FilePath     string `json:"file_path"`
}

func getFile(c *call) (any, error) {
	f, ok := c.ownFile(c.str("file_id"))
	switch {
	case c.str("file_id") == "":
		return nil, badRequest("file_id is not specified")
	case !ok:
		return nil, badRequest("wrong file_id or the file is temporarily unavailable")
	case len(f.Data) > maxDownload:
		return nil, badRequest("file is too big")
	}
	c.bot.paths[f.path] = f.ID
	return wireFile{f.ID, f.unique, len(f.Data), f.path}, nil
}

// ownFile finds a file of the calling bot.
func (c *call) ownFile(id string) (*storedFile, bool) {
	f, ok := c.files[id]
	return f, ok && f.bot == c.bot.token
}

// fileAt finds the file behind a path that getFile gave. The lock is held.
func (s *Service) fileAt(token, path string) (*storedFile, bool) {
	b, ok := s.bots[token]
	if !ok {
		return nil, false
	}
	f, ok := s.files[b.paths[path]]
	return f, ok
}

// media reads a file parameter: an upload of this name, an upload that
// attach:// names, or the id of a file sent before. Addresses are refused, since
// nothing may be fetched here.
func (c *call) media(kind, value string) (attachment, error) {
	u, uploaded := c.attached(kind, value)
	switch {
	case uploaded && len(u.data) == 0:
		return attachment{}, badRequest("file must be non-empty")
	case uploaded && kind == "photo":
		p, err := c.newPhoto(c.bot, u)
		return attachment{photo: p}, err
	case uploaded:
		return attachment{document: c.newDocument(c.bot, u)}, nil
	case value == "", strings.HasPrefix(value, "attach://"):
		return attachment{}, badRequest("there is no " + kind + " in the request")
	case strings.Contains(value, "://"):
		return attachment{}, addressRefused(value)
	}
	return c.reuse(kind, value)
}

// attached finds the upload of a file parameter.
func (c *call) attached(kind, value string) (upload, bool) {
	if name, named := strings.CutPrefix(value, "attach://"); named {
		u, ok := c.uploads[name]
		return u, ok
	}
	u, ok := c.uploads[kind]
	return u, ok && value == ""
}

func addressRefused(address string) error {
	if !strings.HasPrefix(address, "http") || urlFault(address) != "" {
		return badRequest("wrong HTTP URL specified")
	}
	return badRequest("failed to get HTTP URL content")
}

// reuse sends a file again by its id.
func (c *call) reuse(kind, id string) (attachment, error) {
	f, ok := c.ownFile(id)
	switch {
	case !ok:
		return attachment{}, badRequest("wrong file identifier/HTTP URL specified")
	case kind == "photo" && f.photo == nil:
		return attachment{}, badRequest("can't use file of type Document as Photo")
	case kind == "document" && f.photo != nil:
		return attachment{}, badRequest("can't use file of type Photo as Document")
	case f.photo != nil:
		return attachment{photo: f.photo}, nil
	default:
		return attachment{document: f}, nil
	}
}
