package run

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"sort"
	"strconv"

	"multigrade/proofs/internal/table"
)

// Names of the parts of a data set, in the ledger's order.
const (
	splitTrain      = "train"
	splitValidation = "validation"
	splitTest       = "test"
)

// splitRows deals N rows out: row i is a test row iff floor((i+1) holdout) >
// floor(i holdout) in float64; the rows left, counted from 0, go to validation
// by the same rule with that share; the others are for training, in file order.
func splitRows(n int, holdout, validation float64) (train, valid, test []int) {
	var left []int
	for i := range n {
		if dealt(i, holdout) {
			test = append(test, i)
		} else {
			left = append(left, i)
		}
	}
	train, valid = splitLeft(left, validation)
	return train, valid, test
}

// splitLast makes the last floor(n holdout) rows, in float64, the test's and deals
// out those before them as splitRows.
func splitLast(n int, holdout, validation float64) (train, valid, test []int) {
	first := n - int(math.Floor(float64(n)*holdout))
	var left []int
	for i := range n {
		if i < first {
			left = append(left, i)
		} else {
			test = append(test, i)
		}
	}
	train, valid = splitLeft(left, validation)
	return train, valid, test
}

// splitGroups makes whole groups the test's: groups are taken up in the order of their
// first rows, and one of s rows is tested iff holdout b - t >= s/2 in float64, b being
// the number of rows of this group and those before and t of those of them tested.
func splitGroups(groups []string, holdout, validation float64) (train, valid, test []int) {
	members := map[string][]int{}
	for i, g := range groups {
		members[g] = append(members[g], i)
	}
	seen, tested := 0, 0
	isTest := make([]bool, len(groups))
	for i, g := range groups {
		rows := members[g]
		if rows[0] != i {
			continue
		}
		seen += len(rows)
		due := holdout * float64(seen)
		if due-float64(tested) < float64(len(rows))/2 {
			continue
		}
		tested += len(rows)
		for _, j := range rows {
			isTest[j] = true
		}
	}
	return splitMarked(isTest, validation)
}

// splitStrata deals the rows to the test in the order of their strata and, within one,
// of the file.
func splitStrata(stratum []float64, holdout, validation float64) (train, valid, test []int) {
	order := make([]int, len(stratum))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(a, b int) bool {
		i, j := order[a], order[b]
		return stratum[i] < stratum[j] || stratum[i] == stratum[j] && i < j
	})
	isTest := make([]bool, len(stratum))
	for k, i := range order {
		isTest[i] = dealt(k, holdout)
	}
	return splitMarked(isTest, validation)
}

// splitMarked deals out the rows that are not the test's.
func splitMarked(isTest []bool, validation float64) (train, valid, test []int) {
	var left []int
	for i, is := range isTest {
		if is {
			test = append(test, i)
		} else {
			left = append(left, i)
		}
	}
	train, valid = splitLeft(left, validation)
	return train, valid, test
}

// strata are the first target or, of classes, their places.
func (m *model) strata(t *table.Table) []float64 {
	if m.Task != table.TaskMulticlass {
		return t.Y[0]
	}
	place := make([]float64, t.X.Rows)
	for k, y := range t.Y {
		for i, label := range y {
			if label > 0 {
				place[i] = float64(k)
			}
		}
	}
	return place
}

// formTest: at most one rule says which rows are tested, and only where there are any.
func (m *model) formTest() error {
	s, rules := m.Split, 0
	for _, rule := range []bool{s.Last, s.Group != "", s.Stratified, s.Fold != ""} {
		if rule {
			rules++
		}
	}
	switch {
	case rules > 1:
		return errors.New("split: expected one of last, group, stratified and fold")
	case rules > 0 && s.Holdout == 0:
		return errors.New("split: last, group, stratified and fold are expected only with a share held out")
	case s.Group != "" && m.Data.Kind != table.KindCSV:
		return fmt.Errorf("split.group: a column of a file of kind %s", m.Data.Kind)
	case s.Fold != "":
		part, parts := fold(s.Fold)
		if part < 1 || part > parts || parts < 2 {
			return fmt.Errorf("split.fold: %q, expected a part and the number of parts, such as 1/5", s.Fold)
		} else if s.Holdout != 1/float64(parts) {
			return fmt.Errorf("split.holdout: %v of fold %s", s.Holdout, s.Fold)
		}
	}
	return nil
}

var foldText = regexp.MustCompile(`^([1-9][0-9]{0,8})/([1-9][0-9]{0,8})$`)

// fold reads "part/parts", (0, 0) where it is something else.
func fold(text string) (part, parts int) {
	numbers := foldText.FindStringSubmatch(text)
	if numbers == nil {
		return 0, 0
	}
	part, _ = strconv.Atoi(numbers[1]) // at most nine digits
	parts, _ = strconv.Atoi(numbers[2])
	return part, parts
}

// splitFold deals the rows out in turn to so many parts, one of which is the test's.
func splitFold(n int, text string, validation float64) (train, valid, test []int) {
	part, parts := fold(text)
	var left []int
	for i := range n {
		if i%parts+1 == part {
			test = append(test, i)
		} else {
			left = append(left, i)
		}
	}
	train, valid = splitLeft(left, validation)
	return train, valid, test
}

func splitLeft(left []int, validation float64) (train, valid []int) {
	for k, i := range left {
		if dealt(k, validation) {
			valid = append(valid, i)
		} else {
			train = append(train, i)
		}
	}
	return train, valid
}

// split deals out the rows of the data file, none for validation with refit: with a stride, of an image, all
// pixels are test rows, and those in columns and lines that are multiples of it
// are left.
func (m *model) split(t *table.Table) (train, valid, test []int) {
	stride, validation := m.Split.Stride, m.Split.Validation
	if m.Split.Refit {
		validation = 0
	}
	switch {
	case m.Split.Last:
		return splitLast(t.X.Rows, m.Split.Holdout, validation)
	case m.Split.Group != "":
		return splitGroups(t.Groups, m.Split.Holdout, validation)
	case m.Split.Fold != "":
		return splitFold(t.X.Rows, m.Split.Fold, validation)
	case m.Split.Stratified:
		return splitStrata(m.strata(t), m.Split.Holdout, validation)
	case stride < 2:
		return splitRows(t.X.Rows, m.Split.Holdout, validation)
	}
	var left []int
	for i := range t.X.Rows {
		test = append(test, i)
		if i%t.Width%stride == 0 && i/t.Width%stride == 0 {
			left = append(left, i)
		}
	}
	train, valid = splitLeft(left, validation)
	return train, valid, test
}

func dealt(i int, share float64) bool {
	return math.Floor(float64(i+1)*share) > math.Floor(float64(i)*share)
}
