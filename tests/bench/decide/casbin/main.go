// main POLICY.json: microseconds for a decision by Casbin, the native policy engine that Debian ships as a library for Go, as one
// JSON line.
//
// Each condition is a matcher, which Casbin compiles when it is first asked and keeps. (A condition within a policy line, by
// `eval`, would be compiled again for each question.) As with the engines of npm, all refusals, routes and rules have to be the
// evaluator's before anything is measured, and which deployments are left is not worked out.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/casbin/casbin"
	"github.com/casbin/casbin/model"
)

type when struct {
	Op, Attribute string
	Value         interface{}
	Values        []string
	All, Any      []when
}

type owner struct {
	Name string
	When when
}

type policy struct {
	Refusals, Rules, Routes []owner
	Requests                []map[string]interface{}
	Answers                 []struct {
		Refusal, Route *string
		Rules          []string
	}
}

func fail(what ...interface{}) {
	fmt.Fprintln(os.Stderr, append([]interface{}{"casbin:"}, what...)...)
	os.Exit(1)
}

func literal(value interface{}) string {
	text, err := json.Marshal(value)
	if err != nil {
		fail(err)
	}
	return string(text)
}

func matcher(w when) string {
	join := func(children []when, with string) string {
		var list []string
		for _, child := range children {
			list = append(list, matcher(child))
		}
		return "(" + strings.Join(list, with) + ")"
	}
	if w.All != nil {
		return join(w.All, " && ")
	}
	if w.Any != nil {
		return join(w.Any, " || ")
	}
	value := "r." + w.Attribute
	switch w.Op {
	case "true":
		return "true"
	case "in": // govaluate takes no list of one
		var list []string
		for _, each := range w.Values {
			list = append(list, value+" == "+literal(each))
		}
		return "(" + strings.Join(list, " || ") + ")"
	case "includes":
		return "includes(" + value + ", " + literal(w.Value) + ")"
	case "yes":
		return value
	case "from":
		return value + " >= " + literal(w.Value)
	case "is":
		return value + " == " + literal(w.Value)
	case "starts":
		return "starts(" + value + ", " + literal(w.Value) + ")"
	}
	fail("a condition that Casbin was not taught:", w.Op)
	return ""
}

// The value of an attribute that is any of several names: a list would be taken for several arguments.
type set map[string]bool

type engine struct {
	enforcer *casbin.Enforcer
	names    []string // of the attributes, in the order of a request's values
	matchers [][]string
	owners   [][]owner
}

func newEngine(p *policy) *engine {
	e := &engine{owners: [][]owner{p.Refusals, p.Rules, p.Routes}}
	for name := range p.Requests[0] {
		e.names = append(e.names, name)
	}
	m := model.NewModel()
	m.AddDef("r", "r", strings.Join(e.names, ", "))
	m.AddDef("p", "p", "sub")
	m.AddDef("e", "e", "some(where (p.eft == allow))")
	m.AddDef("m", "m", "true")
	enforcer, err := casbin.NewEnforcer(m)
	if err != nil {
		fail(err)
	}
	enforcer.AddFunction("includes", func(arguments ...interface{}) (interface{}, error) {
		return arguments[0].(set)[arguments[1].(string)], nil
	})
	enforcer.AddFunction("starts", func(arguments ...interface{}) (interface{}, error) {
		return strings.HasPrefix(arguments[0].(string), arguments[1].(string)), nil
	})
	e.enforcer = enforcer
	for _, owners := range e.owners {
		var list []string
		for _, each := range owners {
			list = append(list, matcher(each.When))
		}
		e.matchers = append(e.matchers, list)
	}
	return e
}

func (e *engine) values(request map[string]interface{}) []interface{} {
	var values []interface{}
	for _, name := range e.names {
		value := request[name]
		if list, is := value.([]interface{}); is {
			names := set{}
			for _, each := range list {
				names[each.(string)] = true
			}
			value = names
		}
		values = append(values, value)
	}
	return values
}

// The names that hold, by kind.
func (e *engine) decide(values []interface{}) [3][]string {
	var holding [3][]string
	for kind, matchers := range e.matchers {
		for i, each := range matchers {
			holds, err := e.enforcer.EnforceWithMatcher(each, values...)
			if err != nil {
				fail(each, err)
			}
			if holds {
				holding[kind] = append(holding[kind], e.owners[kind][i].Name)
			}
		}
	}
	return holding
}

func isFirst(name *string, list []string) bool {
	if name == nil {
		return len(list) == 0
	}
	return len(list) > 0 && list[0] == *name
}

func main() {
	if len(os.Args) != 2 {
		os.Exit(2)
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		fail(err)
	}
	var p policy
	if err := json.Unmarshal(text, &p); err != nil {
		fail(err)
	}
	e := newEngine(&p)
	var requests [][]interface{}
	for i, request := range p.Requests {
		requests = append(requests, e.values(request))
		holding, answer := e.decide(requests[i]), p.Answers[i]
		same := isFirst(answer.Refusal, holding[0])
		if same && answer.Refusal == nil { // nothing is said of what a refused request's routes and rules would be
			same = isFirst(answer.Route, holding[2]) && (len(holding[1])+len(answer.Rules) == 0 || reflect.DeepEqual(holding[1], answer.Rules))
		}
		if !same {
			fail("decides request", i, "otherwise than the evaluator")
		}
	}
	best := make([]time.Duration, len(requests)) // of each request the quickest time counts
	end := time.Now().Add(3 * time.Second)
	for round := 0; round < 8 || time.Now().Before(end); round++ {
		for i, values := range requests {
			start := time.Now()
			e.decide(values)
			if took := time.Since(start); best[i] == 0 || took < best[i] {
				best[i] = took
			}
		}
	}
	var sum time.Duration
	for _, each := range best {
		sum += each
	}
	fmt.Printf("{\"engine\": \"Casbin\", \"rules\": %d, \"microseconds\": %g}\n", len(p.Rules),
		float64(sum.Nanoseconds())/1000/float64(len(requests)))
}
