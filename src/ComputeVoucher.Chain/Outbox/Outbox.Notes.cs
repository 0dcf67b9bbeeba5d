using System.Collections.Generic;
using System.Threading;

namespace ComputeVoucher.Chain;

/// <summary>Why rows wait, or ended as they did. Not stored; whoever asks waits for no step, which
/// may last as long as an endpoint does.</summary>
public sealed partial class Outbox
{
    private readonly Lock _notesLock = new();
    private readonly Dictionary<long, string> _notes = [];

    /// <summary>One line; null where there is nothing to say, or the row was closed before this
    /// process began.</summary>
    public string? NoteOf(long id)
    {
        lock (_notesLock)
        {
            return _notes.GetValueOrDefault(id);
        }
    }

    private void Tell(long id, string? line)
    {
        lock (_notesLock)
        {
            if (line is null)
            {
                _notes.Remove(id);
            }
            else
            {
                _notes[id] = line;
            }
        }
    }
}
