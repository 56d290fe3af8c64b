package table

import (
	"slices"
	"strings"
	"testing"
)

func number(v float64) *float64 { return &v }

// TestReadEncoded: what FORMAT.md says of a reading and an encoding, cell by cell.
func TestReadEncoded(t *testing.T) {
	mixed := []Column{{Name: "a", Impute: number(2), Indicator: true}, {Name: "c", Levels: []string{"r", "s,t"}, Other: true, Indicator: true}}
	plain := []Column{{Name: "b"}, {Name: "a"}}
	date := func(layout string) File {
		return File{Reading: &Reading{Forms: []Form{{Column: "a", Date: layout}}}}
	}
	form := func(f Form) File { f.Column = "a"; return File{Reading: &Reading{Forms: []Form{f}}} }
	target := func(f Form, classes ...string) File {
		f.Column = "y"
		return File{Classes: classes, Reading: &Reading{Separator: ";", Forms: []Form{f}}}
	}
	for name, c := range map[string]struct {
		file     File
		text     string
		x, y     []float64
		features string
	}{
		"plain":               {File{}, "a,b,y\n1,2,3\n4,5,6\n", []float64{1, 2, 4, 5}, []float64{3, 6}, "a b"},
		"some columns":        {File{Encoding: plain}, "a,z,b,y\n1,no,2,3\n", []float64{2, 1}, []float64{3}, "b a"},
		"texts":               {File{Encoding: mixed, Reading: &Reading{Missing: []string{"NA"}}}, "a,c,y\n1,r,1\nNA,\"s,t\",2\n3,NA,3\n4, u ,4\n", []float64{1, 0, 1, 0, 0, 0, 2, 1, 0, 1, 0, 0, 3, 0, 0, 0, 0, 1, 4, 0, 0, 0, 1, 0}, []float64{1, 2, 3, 4}, "a a=missing c=r c=s,t c=other c=missing"},
		"dropped":             {File{Reading: &Reading{Missing: []string{"", "?"}, Drop: true}}, "a,y\n1,2\n?,4\n5,\n7,8\n", []float64{1, 7}, []float64{2, 8}, "a"},
		"semicolons":          {File{Reading: &Reading{Separator: ";"}}, "a;y\n1;2\n", []float64{1}, []float64{2}, "a"},
		"blanks":              {File{Reading: &Reading{Separator: " "}}, "  a \t y \n 1   2\n\n3 4\n", []float64{1, 3}, []float64{2, 4}, "a"},
		"tabs":                {File{Reading: &Reading{Separator: "\t", Missing: []string{""}, Drop: true}}, "a\ty\n1\t2\n\t4\n", []float64{1}, []float64{2}, "a"},
		"hint":                {File{Reading: &Reading{Separator: ";", Hint: true}}, "sep=;\r\na;y\r\n1;2\r\n", []float64{1}, []float64{2}, "a"},
		"comments":            {File{Reading: &Reading{Comments: true}}, "# x\na,y\n# z\n1,2\n", []float64{1}, []float64{2}, "a"},
		"no header":           {File{Reading: &Reading{NoHeader: true}}, "1,2,3\n4,5,6\n", []float64{1, 2, 4, 5}, []float64{3, 6}, "x1 x2"},
		"row names":           {File{Reading: &Reading{RowNames: true}}, "a,y\nr,1,2\n", []float64{1}, []float64{2}, "a"},
		"row names, a header": {File{Reading: &Reading{RowNames: true}}, ",a,y\n0,1,2\n", []float64{1}, []float64{2}, "a"},
		"trailing":            {File{Reading: &Reading{Trailing: true}}, "a,y,\n1,2,\n", []float64{1}, []float64{2}, "a"},
		"trailing below":      {File{Reading: &Reading{Trailing: true}}, "a,y\n1,2,\n", []float64{1}, []float64{2}, "a"},
		"carriage returns":    {File{}, "a,y\r1,2\r", []float64{1}, []float64{2}, "a"},
		"latin-1":             {File{Reading: &Reading{Charset: "iso-8859-1"}}, "\xe9,y\n1,2\n", []float64{1}, []float64{2}, "é"},
		"windows-1252":        {File{Reading: &Reading{Charset: "windows-1252"}}, "\x80\xe9,y\n1,2\n", []float64{1}, []float64{2}, "€é"},
		"utf-16":              {File{Reading: &Reading{Charset: "utf-16be"}}, "\xfe\xff\x00a\x00,\x00y\x00\n\x001\x00,\x002", []float64{1}, []float64{2}, "a"},
		"thousands":           {form(Form{Group: ","}), "a,y\n\"1,234,567.5\",2\n12,3\n\"-1,000e1\",4\n", []float64{1234567.5, 12, -10000}, []float64{2, 3, 4}, "a"},
		"decimal comma":       {form(Form{Group: ".", Decimal: ","}), "a,y\n\"1.234,5\",2\n", []float64{1234.5}, []float64{2}, "a"},
		"blanks in numbers":   {form(Form{Group: " "}), "a,y\n1\u00a0234,2\n- 5 000,1\n", []float64{1234, -5000}, []float64{2, 1}, "a"},
		"affix":               {form(Form{Group: ",", Affix: "$"}), "a,y\n\"-$1,234\",2\n$ -5,3\n7 $,4\n8,5\n", []float64{-1234, -5, 7, 8}, []float64{2, 3, 4, 5}, "a"},
		"percent":             {form(Form{Affix: "%"}), "a,y\n3%,2\n-4.5 %,3\n", []float64{3, -4.5}, []float64{2, 3}, "a"},
		"signs and exponents": {File{}, "a,y\n\u22123,+2\n1d2,1.5D-1\n", []float64{-3, 100}, []float64{2, 0.15}, "a"},
		"dates":               {date("yyyy-mm-dd"), "a,y\n1970-01-02,1\n2024-02-29T06:00:00Z,2\n1969-12-31 12:00,3\n1970-01-01T01:00:00+01:00,4\n", []float64{1, 19782.25, -0.5, 0}, []float64{1, 2, 3, 4}, "a"},
		"names of months":     {date("dd mon yyyy"), "a,y\n2 Jan 1970,1\n01 september 1970,2\n", []float64{1, 243}, []float64{1, 2}, "a"},
		"digits":              {date("yyyymmdd"), "a,y\n19700102,1\n", []float64{1}, []float64{1}, "a"},
		"a month":             {date("yyyy-mm"), "a,y\n1970-02,1\n", []float64{31}, []float64{1}, "a"},
		"classes":             {File{Classes: Classes{"inf", "nan"}}, "a,y\n1,nan\n2,inf\n", []float64{1, 2}, []float64{1, 0}, "a"},
		"classes in commas":   {target(Form{Decimal: ","}, "0", "1.5"), "a;y\n1;1,5\n2;0,0\n", []float64{1, 2}, []float64{1, 0}, "a"},
		"classes in percent":  {target(Form{Affix: "%"}, "5", "10"), "a;y\n1;10%\n2;5 %\n", []float64{1, 2}, []float64{1, 0}, "a"},
		"lines in quotes":     {File{}, "\"a\nb\",y\n1,2\n", []float64{1}, []float64{2}, "a\nb"},
	} {
		c.file.Kind, c.file.Targets = KindCSV, []string{"y"}
		got, err := Read(t.Context(), []byte(c.text), c.file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(got.X.Values, c.x) || !slices.Equal(got.Y[0], c.y) || strings.Join(got.Columns, " ") != c.features {
			t.Errorf("%s: columns %q, x %v, y %v", name, got.Columns, got.X.Values, got.Y)
		}
	}
}

// TestReadEncodedRefuses names what is not as the reading or the encoding says.
func TestReadEncodedRefuses(t *testing.T) {
	form := func(f Form) *Reading { f.Column = "a"; return &Reading{Forms: []Form{f}} }
	for name, c := range map[string]struct {
		file        File
		text, words string
	}{
		"a missing number":        {File{Reading: &Reading{Missing: []string{"NA"}}}, "a,y\n1,2\nNA,3\n", "line 3 column 1"},
		"groups of two":           {File{Reading: form(Form{Group: ","})}, "a,y\n\"12,34\",1\n", "line 2 column 1"},
		"a group after a zero":    {File{Reading: form(Form{Group: ","})}, "a,y\n\"0,123\",1\n", "line 2 column 1"},
		"a cell without percent":  {File{Reading: form(Form{Affix: "%"})}, "a,y\n3,1\n", "line 2 column 1"},
		"a point and a comma":     {File{Reading: form(Form{Decimal: ","})}, "a,y\n3.5,1\n", "line 2 column 1"},
		"a day that is none":      {File{Reading: form(Form{Date: "yyyy-mm-dd"})}, "a,y\n2023-02-29,1\n", "line 2 column 1"},
		"another layout":          {File{Reading: form(Form{Date: "dd.mm.yyyy"})}, "a,y\n2023-02-28,1\n", "line 2 column 1"},
		"no such column":          {File{Encoding: []Column{{Name: "b"}}}, "a,y\n1,2\n", `"b"`},
		"nothing to impute":       {File{Encoding: []Column{{Name: "a", Indicator: true}}}, "a,y\n1,2\n", "impute"},
		"imputed without a sign":  {File{Encoding: []Column{{Name: "a", Impute: number(1)}}}, "a,y\n1,2\n", "indicator"},
		"not UTF-8":               {File{}, "a,y\n1,\xff\n", "UTF-8"},
		"a charset nobody knows":  {File{Reading: &Reading{Charset: "ebcdic"}}, "a,y\n1,2\n", "ebcdic"},
		"a quote inside":          {File{}, "a,y\n1\"2,3\n", "line 2 column 1: a quotation"},
		"a quote without an end":  {File{}, "a,y\n\"1,3\n", "without an end"},
		"one cell more":           {File{}, "a,y\n1,2,3\n", "line 2: wrong number of fields"},
		"a class of another kind": {File{Classes: Classes{"p", "q"}}, "a,y\n1,r\n", "line 2 column 2"},
		"an encoding of pixels":   {File{Kind: KindImage, Encoding: []Column{{Name: "x"}}}, "", "an encoding"},
	} {
		if c.file.Kind == "" {
			c.file.Kind = KindCSV
		}
		c.file.Targets = []string{"y"}
		if _, err := Read(t.Context(), []byte(c.text), c.file); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: error %v, want %q in it", name, err, c.words)
		}
	}
}

// TestImputedIsTheMean: another number than the mean of the given rows is refused.
func TestImputedIsTheMean(t *testing.T) {
	read := func(impute float64) *Table {
		got, err := Read(t.Context(), []byte("a,y\n1,1\nNA,2\n4,3\n100,4\n"), File{Kind: KindCSV, Targets: []string{"y"}, Reading: &Reading{Missing: []string{"NA"}},
			Encoding: []Column{{Name: "a", Impute: &impute, Indicator: true}}})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if err := read(2.5).CheckImputed([]int{0, 1, 2}); err != nil {
		t.Error(err)
	}
	for _, wrong := range []float64{2.5000000000000004, 35, 0} {
		if read(wrong).CheckImputed([]int{0, 1, 2}) == nil {
			t.Errorf("%v is accepted", wrong)
		}
	}
	if read(2.5).CheckImputed([]int{1}) == nil {
		t.Error("the mean of nothing is accepted")
	}
}

// FuzzRead: whatever the bytes and the reading, the answer is a table of one shape
// or an error.
func FuzzRead(f *testing.F) {
	for _, text := range []string{"a,y\n1,2\n", "1 1:2\n", "\x93NUMPY\x01\x00", "\x89PNG\r\n\x1a\n", "PK\x03\x04", "\xff\xd8\xff\xe1\x00\x10Exif\x00\x00MM\x00*\x00\x00\x00\x08"} {
		for k := range byte(12) {
			f.Add([]byte(text), k)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte, how byte) {
		file := File{Kind: []string{KindCSV, KindLibsvm, KindNpy, KindImage}[how%4], Targets: []string{"y"}}
		if file.Kind == KindCSV {
			r := &Reading{Separator: []string{"", ";", "\t", " "}[how/4%4], NoHeader: how&32 > 0, Trailing: how&64 > 0, RowNames: how&128 > 0, Missing: []string{"", "NA"}, Drop: how&16 > 0}
			file.Reading = r
		}
		got, err := Read(t.Context(), raw, file)
		if err == nil && (len(got.Columns) != got.X.Cols || len(got.Y) != 1 || len(got.Y[0]) != got.X.Rows) {
			t.Fatalf("%d columns, %d targets of a table of %d x %d", len(got.Columns), len(got.Y), got.X.Rows, got.X.Cols)
		}
	})
}
