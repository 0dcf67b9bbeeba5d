using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Ledger.Internal;

/// <summary>
/// Changes that become durable together, by one fsync, and the task that says so.
/// </summary>
internal sealed class Batch
{
    // Continuations must not run on the writer thread: they would delay the next commit.
    private readonly TaskCompletionSource _done =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    public List<Change> Changes { get; } = [];

    /// <summary>
    /// Channels whose acks are in here: their acked orders leave memory afterwards.
    /// </summary>
    public HashSet<Bytes32> Acked { get; } = [];

    public long Bytes { get; private set; }

    public int Orders { get; set; }

    public int Acks { get; set; }

    /// <summary>Somebody waits; a batch of lazy changes alone may rest a while.</summary>
    public bool Urgent { get; set; }

    public Task Durable => _done.Task;

    public void Add(in Change change)
    {
        Changes.Add(change);
        Bytes += change.Bytes;
    }

    public void Succeed() => _done.SetResult();

    public void Fail(LedgerException fault)
    {
        _done.SetException(fault);

        // Not everybody waits for a lazy change; a fault nobody looks at is not a crash.
        _ = _done.Task.Exception;
    }
}

/// <summary>One row put (whole) or deleted (body null). Slot: second key, orders only.</summary>
internal readonly record struct Change(Table Table, byte[] Key, byte[]? Body, byte[]? Slot = null)
{
    /// <summary>What it weighs in the queue; 64 stands for the objects around the bytes.</summary>
    public long Bytes => 64 + Key.Length + (Body?.Length ?? 0);
}
