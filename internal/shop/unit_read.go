package shop

// DefaultSeparator is the line between two units of several lines where the catalog names no other.
const DefaultSeparator = "---"

// ReadUnits reads the units of a text or a file as an owner sends it: one unit a line, or units of
// several lines, with a line between them that is the product's separator in the catalog ("" if it
// has none). Errors wrap ErrBadUnits and say what to do. The list keeps content, and may change it.
func ReadUnits(content []byte, separator string) (UnitList, error) {
	return ParseUnits(content, separator)
}

// ReadStock is ReadUnits for a product. Errors also: ErrUnknownProduct, ErrNoUnits.
func (s *Shop) ReadStock(sku string, content []byte) (UnitList, error) {
	sku, err := s.stockProduct(sku)
	if err != nil {
		return UnitList{}, err
	}
	p, _ := s.cfg.Catalog().Product(sku)
	return ReadUnits(content, p.Separator)
}
