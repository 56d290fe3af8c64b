package dataset

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"gonum.org/v1/gonum/mat"
)

// A readCase is a file and what it reads as: the features row by row, the target,
// or a part of the one line that refuses it.
type readCase struct {
	name, text string
	o          Options
	x          string // rows as "1 2; 3 4", with the columns' names in front if they matter: "a b: 1 2; 3 4"
	y          string
	refused    string
}

func (c readCase) check(t *testing.T) {
	t.Helper()
	c.o.Limits = DefaultLimits()
	d, err := Read(context.Background(), "f", []byte(c.text), c.o)
	if c.refused != "" {
		if err == nil {
			t.Fatalf("accepted, want %q", c.refused)
		}
		for _, part := range strings.Split(c.refused, " & ") {
			if !strings.Contains(err.Error(), part) || strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("error %q, want %q in it", err, part)
			}
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Impute(upTo(d.Rows())); err != nil {
		t.Fatal(err)
	}
	x, y := written(d)
	if strings.Contains(c.x, ":") {
		x = strings.Join(d.Columns, " ") + ": " + x
	}
	if x != c.x || y != c.y {
		t.Errorf("x %q, y %q, want %q, %q", x, y, c.x, c.y)
	}
}

func upTo(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// written writes features and target as a readCase has them.
func written(d *Data) (x, y string) {
	var rows []string
	for i := range d.Rows() {
		var row []string
		for _, v := range mat.Row(nil, i, d.X) {
			row = append(row, fmt.Sprint(v))
		}
		rows = append(rows, strings.Join(row, " "))
	}
	if d.Labels != nil {
		return strings.Join(rows, "; "), strings.Join(d.Labels, " ")
	}
	for _, v := range d.Y[0] {
		y += fmt.Sprint(v) + " "
	}
	return strings.Join(rows, "; "), strings.TrimSpace(y)
}

func checkAll(t *testing.T, cases []readCase) {
	for _, c := range cases {
		t.Run(c.name, c.check)
	}
}

// column makes a file of a feature a, counting up, and the cells as y.
func targetOf(sep string, cells ...string) string {
	text := "a" + sep + "y\n"
	for i, cell := range cells {
		if strings.ContainsAny(cell, sep) {
			cell = `"` + cell + `"`
		}
		text += fmt.Sprintf("%d%s%s\n", 10*i+1, sep, cell)
	}
	return text
}

func TestHeader(t *testing.T) {
	const names = "no header line & :1: & --no-header"
	checkAll(t, []readCase{
		{name: "names", text: "a,b,y\n1,2,3\n4,5,6\n", x: "a b: 1 2; 4 5", y: "3 6"},
		{name: "years", text: "country,1990,1991\n1,2,3\n4,5,6\n", x: "country 1990: 1 2; 4 5", y: "3 6"},
		{name: "years of texts", text: "country,1990,1991\nChad,2,3\nMali,5,6\n", o: Options{Ignore: []string{"country"}}, x: "1990: 2; 5", y: "3 6"},
		{name: "counted pixels", text: "0,1,2,3,label\n1,2,3,9,a\n1,2,3,5,b\n1,2,4,4,b\n", x: "0 1 2 3: 1 2 3 9; 1 2 3 5; 1 2 4 4", y: "a b b"},
		{name: "one year", text: "name,2020\n4.5,2\n5.5,5\n", x: "name: 4.5; 5.5", y: "2 5"},
		{name: "quoted, with breaks", text: "\"a\nb\",\"y,z\"\n1,2\n3,4\n", x: "1; 3", y: "2 4"},
		{name: "a number as the name of texts", text: "1,y\nred,1\nblue,2\nred,3\nblue,4\n", o: Options{Encode: true}, x: "1=blue 1=red: 0 1; 1 0; 0 1; 1 0", y: "1 2 3 4"},
		{name: "units as names", text: "m/s,°C\n1,2\n3,4\n", x: "m/s: 1; 3", y: "2 4"},
		{name: "target named", text: "5.1,y\n1,2\n3,4\n", o: Options{Targets: []string{"y"}}, x: "5.1: 1; 3", y: "2 4"},
		{name: "a class that recurs", text: "5.1,3.5,red\n4.9,3.0,red\n4.7,3.2,blue\n", refused: names + " & red"},
		{name: "a class that does not recur", text: "5.1,3.5,red\n4.9,3.0,green\n4.7,3.2,blue\n", refused: names + " & 5.1"},
		{name: "numbers and a word", text: "5,3,x\n4,3,y\n4,3,y\n", refused: names},
		{name: "a question mark", text: "5,?,2\n4,3,1\n4,3,2\n", refused: names + " & \"?\""},
		{name: "a dash", text: "a,-\n4,3\n4,3\n", refused: names},
		{name: "NA", text: "NA,y\n4,3\n4,3\n", refused: names},
		{name: "a full stop", text: ".,y\n4,3\n4,3\n", refused: names},
		{name: "nan", text: "nan,1,2\n4,3,2\n4,3,3\n", refused: names},
		{name: "nothing in the middle", text: "a,,y\n4,3,2\n4,3,3\n", refused: "column 2 & without a name"},
		{name: "only numbers", text: "1,2\n3,4\n5,6\n", refused: "only numbers & --no-header"},
		{name: "years only", text: "1990,1991\n3,4\n5,6\n", refused: "only numbers"},
		{name: "a negative number", text: "-1,x\n3,4\n5,6\n", refused: names},
		{name: "an exponent", text: "1e3,x\n3,4\n5,6\n", refused: names},
		{name: "numbers that do not count up", text: "7,3,x\n3,4,1\n5,6,2\n", refused: names},
		{name: "a sum of money", text: "$5,x\n$3,4\n$5,6\n", refused: names},
		{name: "a grouped number", text: "\"1,200\",x\n\"3,100\",4\n\"5,200\",6\n", refused: names},
		{name: "a date", text: "2020-01-01,x\n2020-01-02,4\n2020-01-03,6\n", o: Options{Encode: true}, refused: names + " & dates"},
		{name: "a row of counted numbers and a class", text: "1,2,red\n3,4,blue\n5,6,blue\n", refused: names + " & \"1\" above numbers & --target NAME"},
		{name: "years above years", text: "2001,1999,Oslo\n2002,1998,Bern\n2003,1997,Bern\n", refused: names + " & \"2001\" above numbers"},
		{name: "numbers behind an index", text: ",0,1,2\n0,0.5,1,2\n1,1,2,3\n2,3,4,5\n", x: "0 1: 0.5 1; 1 2; 3 4", y: "2 3 5"},
		{name: "numbers behind an index that do not count", text: ",5,1,2\n0,0.5,1,2\n1,1,2,3\n2,3,4,5\n", refused: "only numbers & --target NAME"},
		{name: "a group that is called as the column", text: "a,g,y\n1,g,2\n3,g,4\n", o: Options{Group: "g"}, x: "a: 1; 3", y: "2 4"},
		{name: "a name again behind an index", text: ",a,a,y\n0,1,2,3\n1,4,5,6\n", refused: "f:1: column 3 (a) & the name of column 2 again"},
		{name: "the header again", text: "a,b\n1,2\na,b\n3,4\n", refused: "line 3"},
		{name: "twice the same name", text: "a,a,y\n1,2,3\n4,5,6\n", refused: "duplicate column name & column 2"},
		{name: "without", text: "1,2,3\n4,5,6\n", o: Options{NoHeader: true}, x: "x1 x2: 1 2; 4 5", y: "3 6"},
		{name: "without, of classes", text: "5.1,3.5,red\n4.9,3.0,red\n4.7,3.2,blue\n", o: Options{NoHeader: true}, x: "5.1 3.5; 4.9 3; 4.7 3.2", y: "red red blue"},
		{name: "without, a target by name", text: "1,2,3\n4,5,6\n", o: Options{NoHeader: true, Targets: []string{"x1"}}, x: "x2 y: 2 3; 5 6", y: "1 4"},
	})
}

func TestNumbersInDisguise(t *testing.T) {
	y := func(sep string, want string, cells ...string) readCase {
		return readCase{name: strings.Join(cells, " "), text: targetOf(sep, cells...), x: strings.Join([]string{"1", "11", "21", "31"}[:len(cells)], "; "), y: want}
	}
	no := func(sep, refused string, cells ...string) readCase {
		return readCase{name: strings.Join(cells, " "), text: targetOf(sep, cells...), refused: refused}
	}
	cases := []readCase{
		y(",", "2498 2296 998", "2,498", "2,296", "998"),
		y(",", "1.234567e+06 12", "1,234,567", "12"),
		y(",", "2498.5 -1000.25", "2,498.5", "-1,000.25"),
		y(",", "2498 1296", "2\u00a0498", "1\u00a0296"),
		y(",", "2498 1296", "2\u202f498", "1\u202f296"),
		y(",", "2498 1296", "2 498", "1 296"),
		y(",", "2498 1296", "2'498", "1'296"),
		y(",", "5 6.5 -7", "$5", "$6.5", "-$7"),
		y(",", "1200 6.5", "$1,200", "$6.5"),
		y(",", "5 6", "5 €", "6€"),
		y(",", "5 6", "£5", "£ 6"),
		y(",", "5 6", "¥5", "6"),
		y(",", "3 4.5", "3%", "4.5 %"),
		y(",", "-3 4", "\u22123", "4"),
		y(",", "1500 0.02", "1.5D+03", "2d-2"),
		y(",", "3 4", "+3", "+4"),
		y(",", "1.5 2.25", "1,5", "2,25"),
		y(";", "1.5 2.25", "1,5", "2,25"),
		y(";", "1.5 1234.25", "1,5", "1.234,25"),
		y(";", "1234.5 2.25", "1 234,5", "2,25"),
		y(";", "1.234567e+06 2", "1.234.567", "2"),
		y("\t", "1.5 2.25", "1,5", "2,25"),
		y(";", "0.498 0.296", "0,498", "0,296"),
		no(";", "more than one meaning & :2: & --decimal", "2,498", "2,296"),
		no(",", `with "mm" & :2: & column 2 (y)`, "1.2 mm", "1.3 mm", "1.4 mm"),
		no(",", `with "kg"`, "1kg", "2kg", "3kg"),
		no(",", `with "kg"`, "1", "2", "3 kg"),
		no(",", `with "USD"`, "1 USD", "2 USD", "3 USD"),
		no(",", `with "("`, "(5)", "(6)", "(7)"),
		no(",", `with "<"`, "<5", "1", "2"),
		no(",", `with "_"`, "1_000", "2_000", "3_000"),
		no(",", `with ","`, "12,34,567", "1,00,000", "2,00,000"),
		no(",", "percent sign in every cell", "3%", "4", "5"),
		no(",", "numbers of one unit", "$3", "£4", "$5"),
		no(",", `with "x"`, "1x", "2x", "3x"),
		no(",", `with "₹"`, "₹5", "₹6", "₹5"),
		no(",", `with "USD"`, "USD 5", "USD 6", "USD 5"),
		no(",", `with "±"`, "5±1", "6±2", "6±2"),
		no(",", `with ":"`, "12:30", "13:45", "12:30"),
		no(",", `with ":"`, "1:02:03", "0:45:00", "0:45:00"),
		no(",", "digits of another script", "١", "٢", "٢"),
		no(",", "digits of another script", "１,５", "２", "２"),
		no(",", `with "("`, "(1,200)", "1,300", "1,400"),
		no(",", `with "-"`, "5-", "6", "7"),
		no(",", `with "‰"`, "5‰", "6‰", "5‰"),
		no(",", `with "°C"`, "5°C", "6°C", "5°C"),
		no(",", "#DIV/0! & f:2:", "#DIV/0!", "6", "5"),
		no(",", "not a finite number & :3:", "1", "inf", "2"),
		no(",", "not a finite number & :3:", "1", "1e400", "2"),
		no(",", "not a number & :3:", "1", "0x10", "2"),
		y(",", "2498 12", "2\u2019498", "12"),
		no(",", `with "0x"`, "0x1F", "0x2A", "0x01"),
		no(",", `with "US$"`, "US$5", "US$6", "US$5"),
		no(",", `with "Rs."`, "Rs. 5", "Rs. 6", "Rs. 5"),
		no(",", `"5mm" with "mm"`, "5mm", "3cm", "5mm", "3cm", "2cm", "2cm"),
		no(",", `"5k" with "k"`, "5k", "3M", "5k", "3M", "4k", "4k"),
		no(",", `with "/"`, "1/2", "3/4", "1/2", "3/4"),
		no(",", `with "×10^"`, "1.2×10^3", "1.2×10^4", "1.2×10^3"),
		no(",", `with "digits of another script"`, "½", "¼", "½"),
		no(",", `with "j"`, "1+2j", "3+1j", "1+2j"),
		no(",", `with "["`, "[5]", "[6]", "[5]"),
		no(",", `with "["`, "5 [1]", "6 [2]", "7"),
		no(",", `with "'"`, "'5'", "'6'", "'5'"),
		no(",", `with "–"`, "–5", "3", "4"),
		no(",", `with "a blank behind the sign"`, "- 5", "3", "4"),
		no(",", `with "a duration"`, "1h30m", "2h", "45m", "2h"),
		no(",", `with "a duration"`, "PT1H", "PT2H", "PT1H"),
		no(",", `with ":"`, "10:00 AM", "11:00 PM", "10:00 AM"),
		no(",", `with "a year of two digits"`, "1/13/24", "1/14/24", "1/13/24", "1/14/24"),
		no(",", `with "a year of two digits"`, "13-Jan-24", "14-Jan-24", "13-Jan-24"),
		no(",", `with "a quarter or a week"`, "2024Q1", "2024-Q2", "2024Q1"),
		no(",", `with "a date of another layout`, "2024年1月13日", "2024年1月14日", "2024年1月13日"),
		no(",", `"~5" with "~"`, "~5", "~6", "7"),
		no(",", "--missing-sign \"na\"", "na", "6", "7"),
		y(",", "1st 2nd 1st", "1st", "2nd", "1st"),
		y(",", "<=50K >50K <=50K >50K", "<=50K", ">50K", "<=50K", ">50K"),
		y(",", "18-24 25-34 18-24 25-34", "18-24", "25-34", "18-24", "25-34"),
		no(",", "not a number & :3:", "1", "two", "3"),
		no(",", "not a text & :4:", "one", "two", "3"),
	}
	cases = append(cases,
		readCase{name: "commas by other columns", text: "a;b;y\n1,5;2,498;1\n2,5;2,296;2\n", x: "1.5 2.498; 2.5 2.296", y: "1 2"},
		readCase{name: "points by other columns", text: "a;b;y\n1.5;2,498;1\n2.5;2,296;2\n", x: "1.5 2498; 2.5 2296", y: "1 2"},
		readCase{name: "points beside commas", text: "a;b;y\n1,5;2.498;1\n2,5;2.296;2\n", refused: "more than one meaning & column 2 (b)"},
		readCase{name: "points beside commas, said", text: "a;b;y\n1,5;2.498;1\n2,5;2.296;2\n", o: Options{Decimal: ","}, x: "1.5 2498; 2.5 2296", y: "1 2"},
		readCase{name: "commas, said to be decimals", text: "a;y\n1;2,498\n2;2,296\n", o: Options{Decimal: ","}, x: "1; 2", y: "2.498 2.296"},
		readCase{name: "commas, said to be thousands", text: "a;y\n1;2,498\n2;2,296\n", o: Options{Decimal: "."}, x: "1; 2", y: "2498 2296"},
		readCase{name: "points, said to be commas", text: "a,y\n1.5,2\n4,5\n", o: Options{Decimal: ","}, refused: "f:2: column 1 (a) & \"1.5\" & --decimal"},
		readCase{name: "commas, said to be points", text: "a;y\n2;1,5\n4;5\n", o: Options{Decimal: "."}, refused: "f:2: column 2 (y) & \"1,5\" & --decimal"},
		readCase{name: "ids", text: targetOf(",", "s-1", "s-2", "s-3", "s-4"), refused: "do not recur & 4 different texts in 4 rows & --task"},
		readCase{name: "ids, insisted on", text: targetOf(",", "s-1", "s-2", "s-3", "s-4"), o: Options{Classes: true}, x: "1; 11; 21; 31", y: "s-1 s-2 s-3 s-4"},
		readCase{name: "half as many classes as rows", text: targetOf(",", "p", "q", "r", "p", "q", "r"), refused: "3 different texts in 6 rows"},
		readCase{name: "a date as target", text: targetOf(",", "2024-01-01", "2024-01-02"), refused: "--date y & 2024-01-01"},
		readCase{name: "a date as target, said", text: targetOf(",", "1970-01-02", "1970-02-01"), o: Options{Dates: []string{"y"}}, x: "1; 11", y: "1 31"},
		readCase{name: "inf as a class", text: targetOf(",", "inf", "nan", "1e5"), o: Options{Classes: true}, x: "1; 11; 21", y: "inf nan 1e5"},
	)
	checkAll(t, cases)
}

func TestMissingValues(t *testing.T) {
	impute, drop := Options{Missing: Impute}, Options{Missing: Drop}
	var cases []readCase
	for _, sign := range missingSigns {
		text := fmt.Sprintf("a,b,y\n1,2,3\n%s,5,6\n4,8,9\n", sign)
		cases = append(cases,
			readCase{name: "refused " + sign, text: text, refused: "missing value & f:3: column 1 (a) & --missing"},
			readCase{name: "imputed " + sign, text: text, o: impute, x: "a a=missing b: 1 0 2; 2.5 1 5; 4 0 8", y: "3 6 9"},
			readCase{name: "dropped " + sign, text: text, o: drop, x: "a b: 1 2; 4 8", y: "3 9"},
			readCase{name: "target " + sign, text: fmt.Sprintf("a,y\n1,%s\n2,3\n4,5\n", sign), refused: "missing value & f:2: column 2 (y)"},
			readCase{name: "target imputed " + sign, text: fmt.Sprintf("a,y\n1,%s\n2,3\n4,5\n", sign), o: impute, refused: "missing value & f:2: column 2 (y) & --missing drop"})
	}
	checkAll(t, append(cases,
		readCase{name: "first of all", text: "a,b,y\n1,2,3\n1,NA,3\nNA,2,3\n", refused: "f:3: column 2 (b)"},
		readCase{name: "in an ignored column", text: "a,b,y\n1,NA,3\n2,1,4\n", o: Options{Ignore: []string{"b"}}, x: "a: 1; 2", y: "3 4"},
		readCase{name: "a sign of one's own", text: "a,y\n-999,3\n2,4\n4,5\n", o: Options{Missing: Impute, Signs: []string{"-999"}}, x: "a a=missing: 3 1; 2 0; 4 0", y: "3 4 5"},
		readCase{name: "a class", text: "a,y\n1,p\n2,NA\n3,p\n", refused: "f:3: column 2 (y) & --task"},
		readCase{name: "a class, said", text: "a,y\n1,p\n2,NA\n3,p\n", o: Options{Classes: true}, x: "1; 2; 3", y: "p NA p"},
		readCase{name: "a class beside numbers, said", text: "a,y\n1,nan\n2,1\n3,1\n4,2\n", o: Options{Classes: true}, x: "1; 2; 3; 4", y: "nan 1 1 2"},
		readCase{name: "a class beside numbers, dropped", text: "a,y\n1,nan\n2,1\n3,1\n4,2\n", o: Options{Classes: true, Missing: Drop}, x: "2; 3; 4", y: "1 1 2"},
		readCase{name: "a class without a name below one that is missing", text: "a,y\n1,NA\n2,\n3,p\n", o: Options{Classes: true}, refused: "f:3: column 2 (y)"},
		readCase{name: "a group", text: "a,g,y\n1,p,3\n2,,4\n", o: Options{Group: "g"}, refused: "f:3: column 2 (g) & group"},
		readCase{name: "a class without a name", text: "a,y\n1,p\n2,\n3,p\n", o: Options{Classes: true}, refused: "f:3: column 2 (y)"},
		readCase{name: "a text", text: "a,y\nr,1\n,2\nb,3\nr,4\nb,5\n", o: Options{Missing: Impute, Encode: true}, x: "a=b a=r a=missing: 0 1 0; 0 0 1; 1 0 0; 0 1 0; 1 0 0", y: "1 2 3 4 5"},
		readCase{name: "the whole column", text: "a,b,y\n1,,3\n2,,4\n", o: impute, refused: "missing value & column 2 (b) & --ignore b"},
		readCase{name: "every row", text: "a,b,y\n1,,3\n,2,4\n", o: drop, refused: "a row without a missing value"},
		readCase{name: "a date that is none", text: "d,y\nNaT,1\n1970-01-02,2\n1970-01-04,3\n", o: Options{Encode: true, Missing: Impute}, x: "d d=missing: 2 1; 1 0; 3 0", y: "1 2 3"},
		readCase{name: "a percentage", text: "a,y\n5%,1\nNA,2\n6%,3\n", o: impute, x: "a a=missing: 5 0; 5.5 1; 6 0", y: "1 2 3"},
		readCase{name: "between quotation marks", text: "a,b,y\n\"\",1,2\n3,4,5\n4,4,4\n", o: impute, x: "a a=missing b: 3.5 1 1; 3 0 4; 4 0 4", y: "2 5 4"},
		readCase{name: "one row is left", text: "a,b,y\n1,,3\n1,2,4\n", o: drop, refused: "at least two rows"},
	))
}

func TestTextsAndDates(t *testing.T) {
	fit := Options{Encode: true, Missing: Impute}
	with := func(edit func(*Options)) Options { o := fit; edit(&o); return o }
	checkAll(t, []readCase{
		{name: "refused", text: "c,y\nr,1\nb,2\nr,3\n", refused: "not a number & f:2: column 1 (c) & --categorical c & --ignore c"},
		{name: "levels", text: "c,y\nr,1\nb,2\nr,3\nb,4\n", o: fit, x: "c=b c=r: 0 1; 1 0; 0 1; 1 0", y: "1 2 3 4"},
		{name: "levels, said", text: "c,y\nr,1\nb,2\nr,3\nb,4\n", o: Options{Categorical: []string{"c"}}, x: "c=b c=r: 0 1; 1 0; 0 1; 1 0", y: "1 2 3 4"},
		{name: "numbers as levels", text: "c,y\n10,1\n9,2\n10,3\n9,4\n", o: Options{Categorical: []string{"c"}}, x: "c=10 c=9: 1 0; 0 1; 1 0; 0 1", y: "1 2 3 4"},
		{name: "rare", text: "c,y\nr,1\nb,2\nr,3\nb,4\ng,5\n", o: fit, x: "c=b c=r c=other: 0 1 0; 1 0 0; 0 1 0; 1 0 0; 0 0 1", y: "1 2 3 4 5"},
		{name: "a rare text and one called other", text: "c,y\nr,1\nr,2\nother,3\nother,4\ng,5\n", o: fit, x: "c=r c=other: 1 0; 1 0; 0 1; 0 1; 0 1", y: "1 2 3 4 5"},
		{name: "a text called missing", text: "c,y\nr,1\nr,2\nmissing,3\nmissing,4\n,5\n", o: fit, refused: "f:6: column 1 (c) & --missing-sign missing"},
		{name: "a text called missing, said", text: "c,y\nr,1\nr,2\nmissing,3\nmissing,4\n,5\n", o: with(func(o *Options) { o.Signs = []string{"missing"} }), x: "c=r c=missing: 1 0; 1 0; 0 1; 0 1; 0 1", y: "1 2 3 4 5"},
		{name: "a column called as a feature", text: "a,a=missing,y\n1,2,3\n,1,4\n3,5,5\n", o: fit, refused: "f:1: column 2 (a=missing) & --ignore"},
		{name: "years of two digits", text: "d,y\n1/13/24,1\n1/14/24,2\n1/13/24,3\n1/15/24,4\n", o: fit, refused: "f:2: column 1 (d) & two digits & --categorical d"},
		{name: "ids", text: "c,a,y\nr1,1,1\nr2,2,2\nr3,3,3\n", o: fit, refused: "do not recur & column 1 (c) & --ignore c"},
		{name: "ids, ignored", text: "c,a,y\nr1,1,1\nr2,2,2\nr3,3,3\n", o: with(func(o *Options) { o.Ignore = []string{"c"} }), x: "a: 1; 2; 3", y: "1 2 3"},
		{name: "columns", text: "c,a,b,y\nr1,1,1,7\nr2,2,2,8\n", o: Options{Columns: []string{"b", "a"}}, x: "a b: 1 1; 2 2", y: "7 8"},
		{name: "columns and ignore", text: "c,a,y\n1,1,1\n2,2,2\n", o: Options{Columns: []string{"b"}}, refused: "--columns among & \"b\""},
		{name: "no such categorical", text: "c,a,y\n1,1,1\n2,2,2\n", o: Options{Categorical: []string{"z"}}, refused: "--categorical among"},
		{name: "units", text: "c,y\n1 mm,1\n2 mm,2\n3 mm,3\n1 mm,4\n", o: fit, refused: "with \"mm\" & --categorical c"},
		{name: "numbers and a text", text: "c,y\n1,1\n2,2\nx,3\n", o: fit, refused: "f:4: column 1 (c)"},
		{name: "wheels", text: "c,y\n2wd,1\n4wd,2\n2wd,3\n4wd,4\n", o: fit, x: "c=2wd c=4wd: 1 0; 0 1; 1 0; 0 1", y: "1 2 3 4"},
		{name: "date refused", text: "d,y\n2024-01-01,1\n2024-01-02,2\n", refused: "f:2: column 1 (d) & --date d"},
		{name: "dates", text: "d,y\n1970-01-01,1\n1970-03-01,2\n", o: fit, x: "d: 0; 59", y: "1 2"},
		{name: "dates, said", text: "d,y\n1970-01-01,1\n1970-03-01,2\n", o: Options{Dates: []string{"d"}}, x: "d: 0; 59", y: "1 2"},
		{name: "times", text: "d,y\n1970-01-02T12:00:00Z,1\n1970-01-02 06:00,2\n1970-01-01T01:00:00+01:00,3\n", o: fit, x: "1.5; 1.25; 0", y: "1 2 3"},
		{name: "twelve hours", text: "d,y\n1/13/1970 12:00 AM,1\n1/14/1970 6:00:00 pm,2\n", o: fit, x: "12; 13.75", y: "1 2"},
		{name: "zones", text: "d,y\n1970-01-02 12:00 UTC,1\n1970-01-02T12:00-06,2\n1970-01-02T12:00 +0600,3\n", o: fit, x: "1.5; 1.75; 1.25", y: "1 2 3"},
		{name: "a zone by name", text: "d,y\n1970-01-02 12:00,1\n1970-01-02 12:00,2\n1970-01-02 12:00 CET,3\n", o: fit, refused: "f:4: column 1 (d) & CET"},
		{name: "months", text: "d,y\nJan 1970,1\nFeb 1970,2\n", o: fit, x: "0; 31", y: "1 2"},
		{name: "months as numbers in front", text: "d,y\n01/1970,1\n2/1970,2\n", o: fit, x: "0; 31", y: "1 2"},
		{name: "slashes with the year in front", text: "d,y\n1970/01/02,1\n1970/01/03,2\n", o: fit, x: "1; 2", y: "1 2"},
		{name: "days in front", text: "d,y\n13/01/1970,1\n01/02/1970,2\n", o: fit, x: "12; 31", y: "1 2"},
		{name: "months in front", text: "d,y\n01/13/1970,1\n02/01/1970,2\n", o: fit, x: "12; 31", y: "1 2"},
		{name: "either in front", text: "d,y\n01/02/1970,1\n02/01/1970,2\n", o: fit, refused: "more than one meaning & --date d=dd/mm/yyyy & mm/dd/yyyy"},
		{name: "either in front, said", text: "d,y\n01/02/1970,1\n02/01/1970,2\n", o: Options{Dates: []string{"d=dd/mm/yyyy"}}, x: "31; 1", y: "1 2"},
		{name: "points", text: "d,y\n02.01.1970,1\n01.02.1970,2\n", o: fit, x: "1; 31", y: "1 2"},
		{name: "names of months", text: "d,y\n2 Jan 1970,1\n1 February 1970,2\n", o: fit, x: "1; 31", y: "1 2"},
		{name: "names of months in front", text: "d,y\n\"Jan 2, 1970\",1\n\"Feb 1, 1970\",2\n", o: fit, x: "1; 31", y: "1 2"},
		{name: "digits", text: "d,y\n19700102,1\n19700201,2\n", o: Options{Dates: []string{"d=yyyymmdd"}}, x: "1; 31", y: "1 2"},
		{name: "a month", text: "d,y\n1970-01,1\n1970-02,2\n", o: fit, x: "0; 31", y: "1 2"},
		{name: "a day that is none", text: "d,y\n1970-02-29,1\n1970-02-01,2\n", o: fit, refused: "not a date & f:2:"},
		{name: "before the epoch", text: "d,y\n1969-12-31,1\n1900-03-01,2\n", o: fit, x: "-1; -25508", y: "1 2"},
		{name: "a date missing", text: "d,y\n1970-01-02,1\nNA,2\n1970-01-04,3\n", o: fit, x: "d d=missing: 1 0; 2 1; 3 0", y: "1 2 3"},
	})
}

// Further rows may be in another dress, but not of other sizes: percentages stay what they were, and what
// is no target is called so with its line.
func TestFurtherRows(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct{ name, first, further, refused string }{
		{"the same", "a,y\n5%,1%\n6%,2%\n", "a,y\n7 %,3%\n", ""},
		{"another dress", "a,y\n5,1\n6,2\n", "y;a\n3,5;\"1.234,5\"\n", ""},
		{"percent signs gone", "a,y\n5%,1\n6%,2\n", "a,y\n0.07,3\n", "f:2: column 1 (a) & with percent signs"},
		{"percent signs new", "a,y\n5,1\n6,2\n", "a,y\n7%,3\n", "f:2: column 1 (a) & without percent signs"},
		{"percent signs of the target new", "a,y\n5,1\n6,2\n", "a,y\n7,3%\n", "f:2: column 2 (y) & without percent signs"},
		{"a text as target", "a,y\n5,1\n6,2\n", "a,y\n7,3\n8,zz\n", "f:3: column 2 (y) & not a number & \"zz\""},
		{"a target that is infinite", "a,y\n5,1\n6,2\n", "a,y\n7,3\n8,inf\n", "f:3: column 2 (y) & not a finite number"},
		{"a target that is missing", "a,y\n5,1\n6,2\n", "a,y\n7,3\n8,\n", "f:3: column 2 (y) & missing"},
	} {
		o := Options{Limits: DefaultLimits()}
		first, err := Read(ctx, "f", []byte(c.first), o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = ReadLike(ctx, "f", []byte(c.further), first.Describe(), o)
		if err == nil && c.refused != "" || err != nil && c.refused == "" {
			t.Errorf("%s: %v", c.name, err)
		}
		for _, part := range strings.Split(c.refused, " & ") {
			if err != nil && !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %v, want %q", c.name, err, part)
			}
		}
	}
}

// What is a target, a group or no feature, when options say so, and names that no column has.
func TestOptionsOfColumns(t *testing.T) {
	const text = "a,b,y\n1,2,3\n4,5,7\n"
	checkAll(t, []readCase{
		{name: "the last column ignored", text: text, o: Options{Ignore: []string{"y"}}, x: "a: 1; 4", y: "2 5"},
		{name: "the last column of groups", text: text, o: Options{Group: "y"}, x: "a: 1; 4", y: "2 5"},
		{name: "the last columns of weights and groups", text: "a,b,w,y\n1,2,3,4\n4,5,7,4\n", o: Options{Weights: "w", Group: "y"}, x: "a: 1; 4", y: "2 5"},
		{name: "all ignored", text: text, o: Options{Ignore: []string{"y", "a", "b"}}, refused: "neither ignored"},
		{name: "the target ignored", text: text, o: Options{Ignore: []string{"b"}, Targets: []string{"b"}}, refused: "--ignore & \"b\""},
		{name: "another case", text: text, o: Options{Targets: []string{"Y"}}, refused: "did you mean \"y\"?"},
		{name: "several in one", text: text, o: Options{Ignore: []string{"a, b"}}, refused: "each has a flag"},
		{name: "no such group", text: text, o: Options{Group: "z"}, refused: "--group among a, b, y & \"z\""},
	})
}

func utf16Bytes(text string, big bool) string {
	out := []byte{0xff, 0xfe}
	if big {
		out = []byte{0xfe, 0xff}
	}
	for _, u := range utf16.Encode([]rune(text)) {
		if big {
			out = append(out, byte(u>>8), byte(u))
		} else {
			out = append(out, byte(u), byte(u>>8))
		}
	}
	return string(out)
}

func TestSeparatorsAndCharsets(t *testing.T) {
	const x, y = "a b: 1 2; 4 5; 7 8", "3 6 9"
	plain := "a,b,y\n1,2,3\n4,5,6\n7,8,9\n"
	to := func(sep string) string { return strings.ReplaceAll(plain, ",", sep) }
	var cases []readCase
	for name, text := range map[string]string{
		"comma": plain, "semicolon": to(";"), "tab": to("\t"), "bar": to("|"), "blank": to(" "), "blanks": to("   "), "blanks and tabs": to(" \t "),
		"blanks at both ends": " a  b y \n 1 2  3 \n  4 5 6\n7 8 9  \n", "commas and blanks": to(", "), "semicolons and blanks": to(" ; "),
		"carriage returns": strings.ReplaceAll(plain, "\n", "\r"), "both": strings.ReplaceAll(plain, "\n", "\r\n"), "no last line feed": strings.TrimSpace(plain),
		"blank lines": "\n" + strings.ReplaceAll(plain, "\n", "\n\n"), "a mark": "\ufeff" + plain, "a mark and semicolons": "\ufeff" + to(";"),
		"utf-16": utf16Bytes(plain, false), "utf-16 the other way": utf16Bytes(plain, true), "utf-16 with tabs": utf16Bytes(to("\t"), false), "utf-16 without a mark": utf16Bytes(plain, false)[2:], "utf-16 without a mark the other way": utf16Bytes(plain, true)[2:],
		"sep=;": "sep=;\r\n" + to(";"), "sep=,": "sep=,\n" + plain, "SEP=tab": "SEP=\t\n" + to("\t"), "quoted": strings.ReplaceAll(plain, "1,2,3", `"1","2","3"`),
		"comments": "# a logger\n#\n" + plain, "comments inside": "# a, b\n" + strings.Replace(plain, "4,", "# pause\n4,", 1),
		"comments below": strings.Replace(plain, "4,", "# pause\n#\n4,", 1), "blanks alone in lines": "\t\n" + strings.ReplaceAll(plain, "\n", "\n  \n"), "several trailing commas": strings.ReplaceAll(plain, "\n", ",,,\n"),
		"no names of nothing": "a,,b,,y\n1,,2,,3\n4,,5,,6\n7,,8,,9\n",
		"trailing commas":     strings.ReplaceAll(plain, "\n", ",\n"), "trailing commas below the header": "a,b,y\n1,2,3,\n4,5,6,\n7,8,9,\n", "trailing comma in the header": "a,b,y,\n1,2,3\n4,5,6\n7,8,9\n",
		"trailing semicolons": strings.ReplaceAll(to(";"), "\n", ";\n"), "row names": "a,b,y\n\"r1\",1,2,3\n\"r2\",4,5,6\n\"r3\",7,8,9\n", "row names behind comments": "a,b,y\n# c\n\n \"r1\",1,2,3\nr2,4,5,6\nr3,7,8,9\n", "row names with blanks": "a b y\n1 1 2 3\n2 4 5 6\n5 7 8 9\n", "numbered rows": "\"a\",\"b\",\"y\"\n\"1\",1,2,3\n\"2\",4,5,6\n\"3\",7,8,9\n",
		"an index": ",a,b,y\n0,1,2,3\n1,4,5,6\n2,7,8,9\n", "an index from 1": ",a,b,y\n1,1,2,3\n2,4,5,6\n3,7,8,9\n", "names without a name": ",a,b,y\np,1,2,3\nq,4,5,6\nr,7,8,9\n",
		"row names with tabs": "a\tb\ty\nr1\t1\t2\t3\nr2\t4\t5\t6\nr3\t7\t8\t9\n", "gzip": string(zipped([]byte(to(";")))),
	} {
		cases = append(cases, readCase{name: name, text: text, x: x, y: y})
	}
	accented := "Stra\xdfe,\x80,y\n1,2,3\n4,5,6\n"
	cases = append(cases,
		readCase{name: "windows-1252", text: accented, o: Options{Charset: "cp1252"}, x: "Straße €: 1 2; 4 5", y: "3 6"},
		readCase{name: "latin-1", text: accented, o: Options{Charset: "latin1"}, x: "Straße \u0080: 1 2; 4 5", y: "3 6"},
		readCase{name: "not UTF-8", text: accented, refused: "f:1: & 0xDF at character 5 & --encoding"},
		readCase{name: "not UTF-8 below", text: "a,y\n1,2\n3,\xff\n", refused: "f:3: & 0xFF at character 3"},
		readCase{name: "not UTF-8 where nobody looks", text: "a,b,y\n1,\xe9,2\n3,4,5\n", o: Options{Ignore: []string{"b"}}, refused: "f:2: & 0xE9"},
		readCase{name: "names that differ in one byte", text: "\xed,\xec,y\n1,2,3\n4,5,6\n", o: Options{Charset: "windows-1252"}, x: "í ì: 1 2; 4 5", y: "3 6"},
		readCase{name: "another mark", text: "\ufeff" + plain, o: Options{Charset: "utf-16le"}, refused: "byte order mark of utf-8"},
		readCase{name: "unknown charset", text: plain, o: Options{Charset: "ebcdic"}, refused: "ebcdic"},
		readCase{name: "half a unit", text: utf16Bytes(plain, false) + "x", refused: "two bytes a unit"},
		readCase{name: "an empty column in the middle", text: "a,,y\n1,,3\n4,,6\n", x: "a: 1; 4", y: "3 6"},
		readCase{name: "an empty column with something in it", text: "a,,y\n1,,3\n4,x,6\n", refused: "f:1: column 2 & without a name"},
		readCase{name: "UTF-16, said of another", text: plain, o: Options{Charset: "utf-16"}, refused: "--encoding & zero byte"},
		readCase{name: "a comment of another mark", text: "% made by V\na,b,y\n1,2,3\n", refused: "f:1: & comments & \"% made"},
		readCase{name: "a row that begins as a comment", text: "a,b,y\n#1,2,3\n4,5,6\n", refused: "f:2: column 1 (a) & \"#1\""},
		readCase{name: "quotes of nothing", text: "a,b,y\n1,2,3\n\"\"\n4,5,6\n", refused: "f:3: & 3 columns"},
		readCase{name: "tabs are cells", text: "a\tb\ty\n1\t2\t3\n\t\t\n4\t5\t6\n", refused: "f:3: column 1 (a) & missing value"},
		readCase{name: "a formula", text: "a,y\n1,=\"5\"\n2,=\"4\"\n", refused: "f:2: column 2 & quote within"},
		readCase{name: "two trailing commas", text: "a,y,,\n1,2,,\n3,4,,\n", x: "a: 1; 3", y: "2 4"},
		readCase{name: "ragged", text: "a;b;y\n1;2;3\n4;5\n", refused: "f:3: & 3 columns"},
		readCase{name: "too long", text: "a,b,y\n1,2,3,4,5\n", refused: "f:2: & 3 columns"},
		readCase{name: "one more in one row", text: "a,b,y\n1,2,3\n1,2,3,4\n", refused: "f:3:"},
		readCase{name: "a quotation that does not end", text: "a,y\n1,\"2\n3,4\n", refused: "f:2: column 2 & quote & line 3"},
		readCase{name: "a column that is no index", text: ",a,y\n5,1,2\n5,3,4\n", refused: "column 1 & without a name"},
		readCase{name: "said separator", text: "a;b,y\n1;2,3\n4;5,6\n", o: Options{Separator: ",", Decimal: "."}, refused: "a;b"},
		readCase{name: "a saved index", text: "Unnamed: 0,a,y\n0,1,2\n1,3,4\n2,5,6\n", refused: "f:2: column 1 & count the rows & --ignore \"Unnamed: 0\""},
		readCase{name: "a saved index, wanted", text: "Unnamed: 0,a,y\n0,1,2\n1,3,4\n2,5,6\n", o: Options{Columns: []string{"Unnamed: 0", "a"}}, x: "Unnamed: 0 a: 0 1; 1 3; 2 5", y: "2 4 6"},
		readCase{name: "a saved index, ignored", text: "Unnamed: 0,a,b,y\n0,1,2,3\n1,4,5,6\n2,7,8,9\n", o: Options{Ignore: []string{"Unnamed: 0"}}, x: x, y: y},
		readCase{name: "no index", text: "Unnamed: 0,a,y\n5,1,2\n1,3,4\n2,5,6\n", x: "Unnamed: 0 a: 5 1; 1 3; 2 5", y: "2 4 6"},
		readCase{name: "thousands without quotes", text: "x,y\n1,1,000\n2,2,000\n3,3,000\n", refused: "f:2: & different length & 2 columns & quotes"},
		readCase{name: "decimal commas without quotes", text: "city,x\nOslo,1,5\nBern,2,5\n", refused: "f:2: & different length & quotes"},
		readCase{name: "thousands without quotes below a missing value", text: "x,y\n1,5,\n2,2,000\n", refused: "f:2: & different length & quotes"},
		readCase{name: "names of rows that recur", text: "a;b\n1;2;3\n1;4;5\n", refused: "f:1: & 3 column names & 1 different first cells in 2 rows"},
		readCase{name: "a title above", text: "My table\na,b,y\n1,2,3\n", refused: "f:1: & different length & 3 & My table"},
		readCase{name: "units below the header", text: "a,b,y\nm,s,kg\n1,2,3\n3,4,5\n", refused: "f:2: column 1 (a) & \"m\""},
		readCase{name: "a sum below", text: "a,b,y\n1,2,3\n3,4,5\nTotal,6,8\n", refused: "f:4: column 1 (a) & \"Total\""},
		readCase{name: "blanks of another kind", text: "a,y\n\u00a01\u00a0,2\n3,\u00a04\n", x: "1; 3", y: "2 4"},
		readCase{name: "a blank without width", text: "a,y\n\u200b1,2\n3,4\n5,6\n", refused: "f:2: column 1 (a) & not a number"},
		readCase{name: "a mark of the end", text: "a,y\n1,2\n3,4\n\x1a", refused: "f:4:"},
		readCase{name: "objects", text: "{\"a\":1,\"y\":2}\n{\"a\":2,\"y\":3}\n", refused: "JSON"},
		readCase{name: "a page", text: "<!DOCTYPE html>\n<html>\n</html>\n", refused: "HTML"},
		readCase{name: "spreadsheet", text: "PK\x03\x04\x14\x00\x06\x00", refused: "archive of .npy"},
		readCase{name: "zero bytes", text: "a,y\n1,\x002\n", refused: "f:2: & zero bytes"},
	)
	checkAll(t, cases)
}

// Labels and numbers of libsvm that are none, or not where they belong.
func TestLibsvmRefused(t *testing.T) {
	checkAll(t, []readCase{
		{name: "an index twice", text: "1 1:0.5 1:0.3\n0 1:0.2 2:0.1\n", refused: "f:1: column 3 & above 1"},
		{name: "falling indices", text: "1 2:0.5 1:0.3\n0 1:0.2 2:0.1\n", refused: "f:1: column 3 & above 2"},
		{name: "no number", text: "1 1:0.5\n0 1:inf\n", refused: "f:2: column 2 & not a finite number"},
		{name: "no label", text: "1:0.5 2:0.3\n1:0.2 2:0.1\n", refused: "f:1: column 1 (label)"},
		{name: "a label of text", text: "+1 1:0.5\n-1 1:0.3\nx 1:0.3\n", refused: "f:3: column 1 (label) & \"x\""},
		{name: "groups", text: "1 qid:3 1:0.5\n0 qid:3 1:0.2\n", refused: "f:1: column 2 & qid"},
		{name: "several labels and a comma", text: "1,3, 1:0.5\n2 1:0.2\n", refused: "f:1: column 1 (label) & several"},
		{name: "names with colons", text: "time:s temp:C y\n1 2 5\n2 3 oops\n3 4 6\n", refused: "f:3: column 3 (y) & oops"},
		{name: "several labels", text: "1,3 1:0.5\n2 1:0.2\n", refused: "f:1: column 1 (label) & several"},
		{name: "from zero", text: "1 0:0.5 1:2\n2 0:0.2\n", refused: "f:1: column 2 & count from 1"},
	})
}
