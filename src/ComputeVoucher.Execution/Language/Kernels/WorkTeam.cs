using System;
using System.Threading;

namespace ComputeVoucher.Execution.Language;

/// <summary>
/// The caller and some helper threads, sharing the pieces of one operator at a time. Pieces write
/// disjoint results, so who runs which changes nothing but the time.
/// </summary>
/// <remarks>
/// Pieces are claimed one by one from a counter: a helper that the system does not run claims
/// nothing, and the caller does all the work itself. A helper looks for work in a spin of some
/// 80 µs, then parks (a wake-up costs 50 µs on a virtual machine, so a decoder's next operator
/// should find it spinning). When the caller has to wait too long for a claimed piece, the cores
/// are oversubscribed: it works alone for a while and tries again later.
/// </remarks>
internal sealed class WorkTeam : IDisposable
{
    /// <summary>
    /// Iterations of a pause (about 40 ns each) before a helper parks: some 80 µs, longer than what
    /// a decoder does alone between two matrices.
    /// </summary>
    private const int SpinsBeforePark = 2_000;

    /// <summary>
    /// Spins that the caller waits for a helper's piece before it suspects the machine.
    /// </summary>
    private const int SpinsBeforeDoubt = 5_000;

    /// <summary>Operators that are run alone after a doubt: about one token.</summary>
    private const int OperatorsAlone = 100;

    /// <summary>A claim counter beyond every piece.</summary>
    private const long NoPiece = int.MaxValue;

    /// <summary>How often Dispose repeats its wake-up while a helper is about to park.</summary>
    private const int JoinMs = 10;

    private readonly Thread[] _helpers;
    private readonly ManualResetEventSlim _wake = new(false, 0);
    private Work? _work;
    private long _ticket;
    private int _done;
    private int _parked;
    private int _alone;
    private volatile bool _stop;
    private Exception? _failure;

    public WorkTeam(int threads)
    {
        Threads = threads;
        _helpers = new Thread[threads - 1];
        for (int i = 0; i < _helpers.Length; i++)
        {
            int worker = i + 1;
            _helpers[i] = new Thread(() => Help(worker))
            {
                IsBackground = true,
                Name = "language " + worker,
            };
            _helpers[i].Start();
        }
    }

    public int Threads { get; }

    /// <summary>Runs all pieces; returns when the last is done.</summary>
    public void Run(Work work)
    {
        if (_helpers.Length == 0 || work.Pieces < 2 || _alone > 0)
        {
            _alone = Math.Max(0, _alone - 1);
            for (int piece = 0; piece < work.Pieces; piece++)
            {
                work.Run(piece, 0);
            }

            return;
        }

        // The upper half of the ticket numbers the operator, the lower counts claimed pieces; a
        // helper that is late by an operator finds another number and claims nothing.
        _work = work;
        Volatile.Write(ref _done, 0);
        long operation = (Volatile.Read(ref _ticket) >> 32) + 1;
        Interlocked.Exchange(ref _ticket, operation << 32);
        if (Volatile.Read(ref _parked) > 0)
        {
            _wake.Set();
        }

        Claim(work, operation, 0);
        WaitForHelpers(work);

        // Closes the operator: a late helper must not take a piece of it for one of the next.
        Interlocked.Exchange(ref _ticket, (operation << 32) | NoPiece);
        if (_failure is not null)
        {
            throw new InvalidOperationException("a helper thread failed", _failure);
        }
    }

    public void Dispose()
    {
        _stop = true;
        _wake.Set();
        foreach (Thread helper in _helpers)
        {
            while (!helper.Join(JoinMs))
            {
                _wake.Set();
            }
        }

        _wake.Dispose();
    }

    private void WaitForHelpers(Work work)
    {
        int spins = 0;
        while (Volatile.Read(ref _done) < work.Pieces)
        {
            spins++;
            if (spins < SpinsBeforeDoubt)
            {
                Thread.SpinWait(1);
            }
            else
            {
                // The helper holds a piece and is not running: give it this core.
                _alone = OperatorsAlone;
                Thread.Yield();
            }
        }
    }

    private void Claim(Work work, long operation, int worker)
    {
        while (true)
        {
            long ticket = Volatile.Read(ref _ticket);
            int piece = (int)(ticket & NoPiece);
            if (ticket >> 32 != operation || piece >= work.Pieces)
            {
                return;
            }

            if (Interlocked.CompareExchange(ref _ticket, ticket + 1, ticket) == ticket)
            {
                work.Run(piece, worker);
                Interlocked.Increment(ref _done);
            }
        }
    }

    private void Help(int worker)
    {
        long seen = 0;
        while (!_stop)
        {
            long operation = Volatile.Read(ref _ticket) >> 32;
            for (int spin = 0; operation == seen && spin < SpinsBeforePark && !_stop; spin++)
            {
                Thread.SpinWait(1);
                operation = Volatile.Read(ref _ticket) >> 32;
            }

            if (operation == seen)
            {
                Park(seen);
                continue;
            }

            seen = operation;
            Work? work = _work;
            if (work is null)
            {
                continue;
            }

            try
            {
                Claim(work, operation, worker);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // The piece stays undone in no one's name: the caller must not wait for it.
                _failure = e;
                Interlocked.Increment(ref _done);
            }
        }
    }

    private void Park(long seen)
    {
        Interlocked.Increment(ref _parked);
        _wake.Reset();
        if (Volatile.Read(ref _ticket) >> 32 == seen && !_stop)
        {
            _wake.Wait();
        }

        Interlocked.Decrement(ref _parked);
    }
}

/// <summary>Independent pieces of one operator; any thread may run any piece.</summary>
internal abstract class Work
{
    /// <summary>How many pieces there are; set before the team starts.</summary>
    public int Pieces { get; protected set; }

    /// <param name="piece">0 … Pieces − 1, each run exactly once.</param>
    /// <param name="worker">Whose scratch memory to use.</param>
    public abstract void Run(int piece, int worker);
}
