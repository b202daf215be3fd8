"""What a table knows of runs: their facts, kept up to date by the news, and which of them its filter lets through.

Imports records, metrics and the language of filters; no Qt of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from workbench.core.errors import FilterError
from workbench.core.filters import Filter, parse
from workbench.gui.runs import metrics
from workbench.gui.store_thread import MarksOfRuns, Summaries
from workbench.jobs.run_filter import Judge, Names, RunFacts, judge_of, mentions, needs_params
from workbench.store.records import UNMARKED, RunRecord, Summary
from workbench.store.summaries import kinds_of

_NO_FIGURES: Final[Mapping[str, Summary]] = {}
_NO_PARAMS: Final[Mapping[str, Any]] = {}


class KnownRuns:
    """All runs of a workspace, also those that the filter hides."""

    def __init__(self) -> None:
        self.facts: dict[int, RunFacts] = {}
        self.summaries: Summaries = {}
        self.main = metrics.MainNames()
        self.filter: Filter | None = None
        self.archived = False
        """Whether runs that were put away are among them, where the filter says nothing about that."""
        self._judge: Judge | None = None
        self._judged: dict[int, bool] = {}
        self._params: Mapping[int, Mapping[str, Any]] = {}
        self._param_names: set[str] = set()
        self._titles: Mapping[str, str] = {}

    def names(self) -> Names:
        """The names of metrics and settings that some run has; settings as far as they were read."""
        return Names(self.main.names(), frozenset(self._param_names))

    # ------------------------------------------------------------- news

    def update(self, runs: Sequence[RunRecord], summaries: Summaries, marks: MarksOfRuns) -> set[int]:
        """The news: all runs, their metrics at a glance, and what people say of them. Gives those that changed."""
        before, params, titles = self.facts, self._params, self._titles
        self.summaries = summaries
        self.facts = facts = {
            run.id: before[run.id]
            if run.id in before
            else RunFacts(
                run,
                summaries.get(run.id, _NO_FIGURES),
                marks.get(run.id, UNMARKED),
                params.get(run.id, _NO_PARAMS),
                titles.get(run.dataset, ""),
            )
            for run in runs
        }
        changed = facts.keys() - before.keys()
        for id in changed & summaries.keys():
            self.main.add(kinds_of(summaries[id]))
        for id in before.keys() - facts.keys():
            self.main.add(kinds_of(before[id].summaries), -1)
        if before:
            changed |= {run.id for run in runs if self._take(facts[run.id], run, marks)}
        self._forget(changed)
        if self._judge is None and self.filter is not None and facts:  # it was set before there were runs
            self.set_filter(str(self.filter))
        return changed

    def _take(self, facts: RunFacts, run: RunRecord, marks: MarksOfRuns) -> bool:
        """Whether something is new of a run."""
        said, found = marks.get(run.id, UNMARKED), self.summaries.get(run.id, _NO_FIGURES)
        others = (facts.run is not run and facts.run != run) or (
            facts.marks is not said and facts.marks != said
        )
        if others:
            facts.take(run, said, self._titles.get(run.dataset, ""))
        return (facts.summaries is not found and self._take_figures(facts, found)) or others

    def take_figures(self, summaries: Summaries, ids: Iterable[int]) -> set[int]:
        """Nothing but metrics at a glance of these runs is new. Gives those that changed."""
        self.summaries = summaries
        changed = {
            id
            for id in ids
            if (facts := self.facts.get(id)) is not None
            and self._take_figures(facts, summaries.get(id, _NO_FIGURES))
        }
        self._forget(changed)
        return changed

    def _take_figures(self, facts: RunFacts, found: Mapping[str, Summary]) -> bool:
        """Whether they are others."""
        old, facts.summaries = facts.summaries, found
        known, kinds = kinds_of(old), kinds_of(found)
        if known is kinds or known == kinds:
            return old != found
        self.main.add(known, -1)
        self.main.add(kinds)
        return True

    def _forget(self, changed: Iterable[int]) -> None:
        if self._judged:
            for id in changed:
                self._judged.pop(id, None)

    def set_titles(self, titles: Mapping[str, str]) -> bool:
        """What datasets are called, by id; whether that is new."""
        if titles == self._titles:
            return False
        self._titles = dict(titles)
        for facts in self.facts.values():
            facts.take(facts.run, facts.marks, self._titles.get(facts.run.dataset, ""))
        self._judged.clear()
        return True

    def set_params(self, params: Mapping[int, Mapping[str, Any]], names: Iterable[str]) -> None:
        """The settings of runs, as far as they were read, and the names of all of them."""
        self._params = params
        self._param_names.update(names)
        for id, facts in self.facts.items():
            if id in params:
                facts.take_params(params[id])
        self._judged.clear()

    # ------------------------------------------------------------- the filter

    @property
    def judges(self) -> bool:
        """Whether there is a filter that looks at each run."""
        return self._judge is not None

    def set_filter(self, given: str) -> FilterError | None:
        """Let only the runs through that a filter means. One that cannot be understood changes nothing: it says why."""
        try:
            filter = parse(given)
            judge = judge_of(filter, self.names()) if filter is not None and self.facts else None
        except FilterError as error:
            return error
        self.filter, self._judge = filter, judge
        self._judged.clear()
        return None

    def wants_params(self, given: str) -> bool:
        """Whether settings of runs must be read before a filter can be judged."""
        try:
            return needs_params(parse(given), self.names())
        except FilterError:
            return False

    def held(self) -> list[RunFacts]:
        """The runs that the filter lets through, in the order of the news."""
        if self.archived or mentions(self.filter, "archived"):
            found = list(self.facts.values())
        else:
            found = [facts for facts in self.facts.values() if not facts.marks.archived]
        judge, judged = self._judge, self._judged
        if judge is None:
            return found
        for facts in found:
            if facts.run.id not in judged:
                judged[facts.run.id] = judge(facts)
        return [facts for facts in found if judged[facts.run.id]]
