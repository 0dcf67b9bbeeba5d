using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.ModelFiles;
using ComputeVoucher.Primitives;
using Xunit;

namespace ComputeVoucher.TestKit;

/// <summary>
/// All loops of a node on the thread that made this, a turn at a time, in an order that a seed
/// decides. Whoever waits for a loop goes on in a turn as well.
/// </summary>
public sealed class Turns : Scheduling
{
    private readonly List<Func<bool, bool>> _loops = [];
    private readonly List<(Task Done, TaskCompletionSource Promise)> _promises = [];
    private readonly Posts _posts = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;

    public Turns() => _loops.AddRange([_ => _posts.TryRun(), _ => TryKeep()]);

    /// <summary>A task of its own for each call: of several that wait for one task, the runtime
    /// sends all but one to other threads.</summary>
    public override Task Promise(Task done)
    {
        CheckThread();
        if (done.IsCompleted)
        {
            return done;
        }

        TaskCompletionSource promise = new();
        _promises.Add((done, promise));
        return promise.Task;
    }

    public override Action Start(string name, Func<bool, bool> turn)
    {
        CheckThread();
        _loops.Add(turn);
        return () =>
        {
            while (turn(false))
            {
            }
        };
    }

    /// <summary>Runs what may yield; the rest of it becomes a turn.</summary>
    public void Enter(Action call)
    {
        ArgumentNullException.ThrowIfNull(call);
        SynchronizationContext? before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_posts);
        try
        {
            call();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>A turn of a loop that has something to do.</summary>
    /// <returns>Which loop; −1 where all rest.</returns>
    public int Take(Prng random)
    {
        ArgumentNullException.ThrowIfNull(random);
        CheckThread();
        int first = random.Below(_loops.Count);
        for (int i = 0; i < _loops.Count; i++)
        {
            int loop = (first + i) % _loops.Count;
            if (_loops[loop](false))
            {
                return loop;
            }
        }

        return -1;
    }

    /// <summary>The process dies: no loop of it turns again.</summary>
    public void Kill()
    {
        _loops.RemoveRange(2, _loops.Count - 2);
        _promises.Clear();
        _posts.Clear();
    }

    /// <summary>Tells the first who waits for something that is done.</summary>
    private bool TryKeep()
    {
        int at = _promises.FindIndex(one => one.Done.IsCompleted);
        if (at < 0)
        {
            return false;
        }

        (Task done, TaskCompletionSource promise) = _promises[at];
        _promises.RemoveAt(at);
        if (done.Exception is { } fault)
        {
            promise.SetException(fault.InnerExceptions);
        }
        else
        {
            promise.SetResult();
        }

        return true;
    }

    /// <summary>Fails where something went on elsewhere.</summary>
    public void CheckThread() =>
        Assert.Equal(_thread, Environment.CurrentManagedThreadId);

    private sealed class Posts : SynchronizationContext
    {
        private readonly Queue<(SendOrPostCallback Call, object? State)> _waiting = [];

        public override void Post(SendOrPostCallback d, object? state) =>
            _waiting.Enqueue((d, state));

        public bool TryRun()
        {
            if (!_waiting.TryDequeue(out (SendOrPostCallback Call, object? State) next))
            {
                return false;
            }

            next.Call(next.State);
            return true;
        }

        public void Clear() => _waiting.Clear();
    }
}
