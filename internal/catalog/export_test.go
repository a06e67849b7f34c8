package catalog

// FieldsOf is fieldsOf, for a comparison with the schema.
var FieldsOf = fieldsOf
