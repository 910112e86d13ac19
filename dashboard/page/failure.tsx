import { ApiError } from '../core/api';

/** What went wrong, and what to do next. */
export function Failure({ error, again }: { readonly error: unknown; readonly again?: () => void }) {
  const message = error instanceof Error ? error.message : String(error);
  return (
    <div class="failure" role="alert">
      <p>{message}</p>
      {error instanceof ApiError && <p>{error.advice}</p>}
      {again !== undefined && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}
