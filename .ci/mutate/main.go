// Command mutate changes the code in small ways, one at a time, and sees whether the
// tests notice. First come the changes of a list, which tests must notice; then a
// sample, drawn over the lines of the given packages.
//
//	go run ./.ci/mutate                     the list and 150 drawn ones
//	go run ./.ci/mutate -seed 7 -n 20       a smaller sample, the same each time
//	go run ./.ci/mutate -check              is the code that the list changes still there?
//	go run ./.ci/mutate -only res-rounds    one of the list
//
// No file of the repository is written: the go command gets each change as an
// overlay, and what property tests that fail keep in testdata/rapid is removed again.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"strings"
	"time"
)

func main() {
	log.SetFlags(0)
	var c config
	flag.IntVar(&c.sample, "n", 150, "how many mutants are drawn")
	flag.Uint64Var(&c.seed, "seed", uint64(time.Now().Unix()/86400), "what the drawing begins with; another one each day")
	flag.DurationVar(&c.limit, "limit", time.Minute, "how long the tests of one mutant may take; five times as long as without it, if that is less")
	flag.DurationVar(&c.total, "total", 45*time.Minute, "how long the sample may take")
	flag.Float64Var(&c.bar, "bar", 85, "the percentage of the sample that tests must notice")
	flag.StringVar(&c.list, "list", "testdata/mutants.txt", "the list of mutants that tests must notice; empty for none")
	flag.StringVar(&c.only, "only", "", "run this one of the list, and no sample")
	flag.BoolVar(&c.check, "check", false, "only look whether the code that the list changes is there")
	flag.Parse()
	c.packages = flag.Args()
	if len(c.packages) == 0 {
		c.packages = []string{"./router/...", "./resolve/...", "./internal/lint"}
	}
	if err := run(context.Background(), c); err != nil {
		log.Fatal("mutate: ", err)
	}
}

type config struct {
	sample       int
	seed         uint64
	limit, total time.Duration
	bar          float64
	list, only   string
	check        bool
	packages     []string
}

func run(ctx context.Context, c config) error {
	var listed []listedMutant
	if c.list != "" {
		text, err := os.ReadFile(c.list)
		if err != nil {
			return err
		}
		if listed, err = parseList(c.list, string(text)); err != nil {
			return err
		}
	}
	if c.check {
		fmt.Printf("%d mutants of %s can be made\n", len(listed), c.list)
		return nil
	}
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	t := tester{dir: dir, limit: c.limit, limits: map[string]time.Duration{}}

	var problems []string
	if err := runList(ctx, t, listed, c.only); err != nil {
		problems = append(problems, err.Error())
	}
	if c.only == "" && c.sample > 0 {
		if err := runSample(ctx, t, c); err != nil {
			problems = append(problems, err.Error())
		}
	}
	if len(problems) > 0 {
		return errors.New(strings.Join(problems, "; "))
	}
	return nil
}

// runList tries the mutants of the list.
func runList(ctx context.Context, t tester, listed []listedMutant, only string) error {
	var failed []string
	tried := 0
	for _, m := range listed {
		if only != "" && m.name != only {
			continue
		}
		tried++
		if m.equivalent != "" {
			fmt.Printf("equivalent  %s: %s\n", m.name, m.equivalent)
			continue
		}
		result, detail, err := t.test(ctx, m.mutant, m.tests)
		if err != nil {
			return err
		}
		fmt.Printf("%-11s %s %s\n", result, m.name, bracketed(detail))
		if result != killed && result != timedOut {
			failed = append(failed, m.name)
		}
	}
	if only != "" && tried == 0 {
		return fmt.Errorf("there is no %s in the list", only)
	}
	if len(failed) > 0 {
		return fmt.Errorf("no test notices these of the list: %s", strings.Join(failed, ", "))
	}
	return nil
}

// runSample draws mutants until there are enough, or the time is up.
func runSample(ctx context.Context, t tester, c config) error {
	packages, err := load(ctx, c.packages)
	if err != nil {
		return err
	}
	fmt.Printf("\nseed %d; %d lines of %d packages\n", c.seed, len(packages.lines), packages.count)
	begin := time.Now()
	draw := packages.draw(rand.New(rand.NewPCG(c.seed, 0)))
	counts := map[result]int{}
	var survivors []mutant
	tried := 0
	for tried < c.sample && time.Since(begin) < c.total {
		m, ok := draw()
		if !ok {
			break
		}
		result, detail, err := t.test(ctx, m, nil)
		if err != nil {
			return err
		}
		if result == notBuilt {
			continue // it is not Go, such as a string less another one
		}
		tried++
		counts[result]++
		fmt.Printf("%3d %-9s %s %s\n", tried, result, m, bracketed(detail))
		if result == survived {
			survivors = append(survivors, m)
		}
	}
	if len(survivors) > 0 {
		fmt.Println("\nsurvivors:")
	}
	for _, m := range survivors {
		fmt.Println(m)
	}
	noticed := 100 * float64(counts[killed]+counts[timedOut]) / float64(max(tried, 1))
	fmt.Printf("\nseed %d: %d of %d mutants in %s: %d killed, %d survived, %d timed out; %.1f %% noticed, of at least %g %%\n", c.seed,
		tried, c.sample, time.Since(begin).Round(time.Second), counts[killed], counts[survived], counts[timedOut], noticed, c.bar)
	if noticed < c.bar {
		return fmt.Errorf("tests notice %.1f %% of the sample, which is less than %g %%", noticed, c.bar)
	}
	return nil
}

func bracketed(detail string) string {
	if detail == "" {
		return ""
	}
	return "(" + detail + ")"
}
