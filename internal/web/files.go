package web

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"html"
	"strconv"
)

// style is the style sheet, at an address that changes with it.
var style = newDocument("text/css; charset=utf-8", asset("style.css"))

var stylePath = "/style." + style.etag[1:len(style.etag)-1] + ".css"

func asset(name string) []byte {
	data, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // it is built in
	}
	return data
}

// Style is the path of the style sheet.
func (v *view) Style() string { return v.Asset(stylePath) }

// Icon is the path of the site's icon.
func (v *view) Icon() string { return v.Asset(iconPath) }

// robots lets every search engine in. It names no path that it should not look at: those of webhooks
// are nobody's business.
func (now *scene) robots(s *Site) *document {
	return newDocument("text/plain; charset=utf-8", []byte("User-agent: *\nAllow: /\nSitemap: "+s.cfg.Address+sitemapPath+"\n"))
}

// maxAddresses is how many a sitemap may have (sitemaps.org/protocol.html).
const maxAddresses = 50_000

// sitemap lists the addresses of all pages in all languages, the home and the categories first.
func (now *scene) sitemap(s *Site) *document {
	return now.pages.get(pageKey{"", sitemapPath}, func() *document {
		paths := []string{homePath}
		for _, c := range now.categories {
			for page := 0; page*categoryPage < len(c.products); page++ {
				paths = append(paths, pathOfCategory(c.ID, page+1))
			}
		}
		for _, c := range now.categories {
			for _, p := range c.products {
				paths = append(paths, productPath+p.SKU)
			}
		}
		var out bytes.Buffer
		out.WriteString(xml.Header + `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">` + "\n")
		left := maxAddresses
		for _, path := range paths {
			for _, prefix := range now.prefixes() {
				if left--; left >= 0 {
					fmt.Fprintf(&out, "<url><loc>%s</loc></url>\n", html.EscapeString(s.cfg.Address+prefix+path))
				}
			}
		}
		out.WriteString("</urlset>\n")
		return newDocument("application/xml; charset=utf-8", out.Bytes())
	})
}

// prefixes lists what stands before the paths of each language.
func (now *scene) prefixes() (all []string) {
	for _, code := range now.catalog.Shop.Languages {
		all = append(all, now.prefix(code))
	}
	return all
}

// prefix is what stands before the paths of a language; "" if the shop has only that one.
func (now *scene) prefix(language string) string {
	if len(now.catalog.Shop.Languages) == 1 {
		return ""
	}
	return "/" + language
}

// pathOfCategory is the path of a page of a category, from 1.
func pathOfCategory(id string, page int) string {
	if page == 1 {
		return categoryPath + id
	}
	return categoryPath + id + "/" + strconv.Itoa(page)
}

// icon is the first letter of the shop's name.
func (now *scene) icon() *document {
	of := now.catalog.Shop
	letter := firstLetter(of.Name.In(of.Languages[0]))
	return newDocument("image/svg+xml", fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">`+
		`<rect width="64" height="64" rx="14" fill="#1d5fd0"/>`+
		`<text x="32" y="45" font-family="system-ui,sans-serif" font-size="38" font-weight="700" text-anchor="middle" fill="#fff">%s</text></svg>`,
		html.EscapeString(letter)))
}
