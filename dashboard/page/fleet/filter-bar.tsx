import { type Choices, type Filters, NO_FILTERS, type Sort, SORTS } from '../../core/filters';

interface Choosing {
  readonly label: string;
  readonly value: string;
  readonly all: string;
  readonly values: readonly string[];
  readonly choose: (value: string) => void;
}

/** What is chosen stays a choice while no device has it. */
function Choice({ label, value, all, values, choose }: Choosing) {
  const shown = value === '' || values.includes(value) ? values : [value, ...values];
  return (
    <label>
      {label}
      <select value={value} onChange={({ currentTarget }) => choose(currentTarget.value)}>
        <option value="">{all}</option>
        {shown.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}

interface FilterBarProps {
  readonly filters: Filters;
  readonly choices: Choices;
  readonly change: (part: Partial<Filters>) => void;
}

export const FilterBar = ({ filters, choices, change }: FilterBarProps) => (
  <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
    <label>
      Search
      <input
        type="search"
        value={filters.search}
        placeholder="device id"
        onInput={({ currentTarget }) => change({ search: currentTarget.value })}
      />
    </label>
    <Choice label="Hub" all="all" value={filters.hub} values={choices.hub} choose={(hub) => change({ hub })} />
    <Choice
      label="Site or ring"
      all="all"
      value={filters.site}
      values={choices.site}
      choose={(site) => change({ site })}
    />
    <Choice
      label="Version"
      all="all"
      value={filters.version}
      values={choices.version}
      choose={(version) => change({ version })}
    />
    <label>
      Online
      <select
        value={filters.online}
        onChange={({ currentTarget }) => change({ online: currentTarget.value as Filters['online'] })}
      >
        <option value="">all</option>
        <option value="yes">online</option>
        <option value="no">not online</option>
      </select>
    </label>
    <label>
      Order
      <select value={filters.sort} onChange={({ currentTarget }) => change({ sort: currentTarget.value as Sort })}>
        {Object.entries(SORTS).map(([sort, text]) => (
          <option key={sort} value={sort}>
            {text}
          </option>
        ))}
      </select>
    </label>
    <label class="tick">
      <input
        type="checkbox"
        checked={filters.rejected}
        onChange={({ currentTarget }) => change({ rejected: currentTarget.checked })}
      />
      Rejected only
    </label>
    <button type="button" onClick={() => change(NO_FILTERS)}>
      Clear
    </button>
  </form>
);
