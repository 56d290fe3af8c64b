package dataset

import (
	"bytes"
	"regexp"
)

// Remedies for files of other formats.
const (
	saveSheet  = "save the sheet as CSV"
	convert    = "convert it to CSV, .npy or Parquet"
	unpack     = "unpack it, or pack it with gzip"
	saveImage  = "save it as PNG or JPEG"
	otherChars = "save it as UTF-8 or UTF-16"
)

// foreign are formats that cannot be read, by how their files begin: bytes, or a pattern.
var foreign = []struct {
	magic, name, remedy string
}{
	{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or encrypted Office file", saveSheet},
	{"\x89HDF\r\n\x1a\n", "an HDF5 file", convert},
	{"CDF\x01", "a netCDF file", convert},
	{"CDF\x02", "a netCDF file", convert},
	{"SQLite format 3\x00", "an SQLite database", convert},
	{"MATLAB 5.0 MAT-file", "a MATLAB file", convert},
	{"<stata_dta>", "a Stata file", convert},
	{"$FL2", "an SPSS file", convert},
	{"RDX2\n", "R data", convert},
	{"RDX3\n", "R data", convert},
	{"X\n\x00\x00\x00", "R data", convert},
	{"FEA1", "a Feather file of version 1", convert},
	{"\xff\xff\xff\xff", "a stream of Arrow", "save it as an Arrow file"},
	{"ORC", "an ORC file", convert},
	{"Obj\x01", "an Avro file", convert},
	{"\x80\x02", "a pickle of Python", convert},
	{"\x80\x03", "a pickle of Python", convert},
	{"\x80\x04", "a pickle of Python", convert},
	{"\x80\x05", "a pickle of Python", convert},
	{"BZh", "a bzip2 file", unpack},
	{"\xfd7zXZ\x00", "an xz file", unpack},
	{"\x28\xb5\x2f\xfd", "a Zstandard file", unpack},
	{"\x04\x22\x4d\x18", "an LZ4 file", unpack},
	{"7z\xbc\xaf\x27\x1c", "a 7z archive", unpack},
	{"Rar!\x1a\x07", "a rar archive", unpack},
	{gzipMagic, "a gzip file within a gzip file", "unpack it once"},
	{"GIF8", "a GIF image", saveImage},
	{"II*\x00", "a TIFF image", saveImage},
	{"MM\x00*", "a TIFF image", saveImage},
	{"\xff\xfe\x00\x00", "text in UTF-32", otherChars},
	{"\x00\x00\xfe\xff", "text in UTF-32", otherChars},
	{"%PDF-", "a PDF file", convert},
	{`{\rtf`, "a text processor's file", convert},
	{"%%MatrixMarket", "a MatrixMarket file", convert},
	{"version https://git-lfs", "a pointer of Git LFS", "fetch the file with git lfs pull"},
}

// foreignTexts are such formats by a pattern.
var foreignTexts = []struct {
	begins       *regexp.Regexp
	name, remedy string
}{
	{regexp.MustCompile(`(?i)^(?:\s|%[^\n]*\n)*@relation\s`), "an ARFF file of Weka", convert},
	{regexp.MustCompile(`^\s*(?:\{\s*"|\[\s*[\[{])`), "JSON", convert},
	{regexp.MustCompile(`(?i)^\s*<(?:!doctype|html|\?xml)`), "a page of HTML or XML", convert},
	{regexp.MustCompile(`^(?s:RIFF....WEBP)`), "a WebP image", saveImage},
	{regexp.MustCompile(`^(?s:BM.{4}\x00{4})`), "a BMP image", saveImage},
	{regexp.MustCompile(`^(?s:[^\x00]+\x00.{0,256}ustar)`), "a tar archive", unpack},
}

// foreignHead is how much of a file the patterns look at.
const foreignHead = 1 << 10

// foreignFormat is the name of a format that cannot be read and what to do, "" for others.
func foreignFormat(content []byte) (name, remedy string) {
	for _, f := range foreign {
		if bytes.HasPrefix(content, []byte(f.magic)) {
			return f.name, f.remedy
		}
	}
	head := bytes.TrimPrefix(content[:min(len(content), foreignHead)], utf8Mark)
	for _, f := range foreignTexts {
		if f.begins.Match(head) {
			return f.name, f.remedy
		}
	}
	return "", ""
}
