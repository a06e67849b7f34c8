// Package configs holds the sample shop: its catalog, pictures, goods and a
// stock of keys that open nothing.
package configs

import "embed"

// Catalog is the name of the sample catalog within FS.
const Catalog = "catalog.yaml"

// Demo is the name of more products within FS, to be put behind those of the sample catalog. They are
// for the demo alone: they name a chat of the sandbox.
const Demo = "demo.yaml"

// Starter is the name of the catalog within FS that a new shop begins with, and Settings of its env
// file, which has a line for every setting.
const (
	Starter  = "starter.yaml"
	Settings = "shopbot.env.example"
)

// Schema is the name of the JSON Schema of catalog files within FS, which editors complete and check
// a catalog by.
const Schema = "catalog.schema.json"

// FS is the sample shop as the binary carries it, so that it can be shown from
// any directory. The keys of a product lie in stock/SKU.txt, one a line; a
// product of keys without such a file is sold out.
//
//go:embed catalog.yaml catalog.schema.json demo.yaml starter.yaml shopbot.env.example images goods stock
var FS embed.FS
