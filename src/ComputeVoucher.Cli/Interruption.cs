using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace ComputeVoucher.Cli;

/// <summary>The first signal asks a command that sends to end, so that it can say what is on its
/// way; the next ends it as ever, or first asks again, for a command whose end takes long.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly CancellationTokenSource _again = new();
    private readonly int _asks;
    private readonly PosixSignalRegistration[] _signals;
    private int _signal;
    private int _asked;

    /// <param name="outer">Ends it like a signal.</param>
    /// <param name="asksTwice">The second signal cancels <see cref="Again"/>, and the third ends
    /// the program.</param>
    public Interruption(CancellationToken outer, bool asksTwice = false)
    {
        _asks = asksTwice ? 2 : 1;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(outer);
        _signals =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, On(1)),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, On(2)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, On(15)),
        ];
    }

    public CancellationToken Token => _stop.Token;

    /// <summary>Whoever sent the signal does not want to wait for the end that he asked for.
    /// </summary>
    public CancellationToken Again => _again.Token;

    /// <summary>As a shell says it; 0 while there was none.</summary>
    public int Status => _signal == 0 ? 0 : 128 + _signal;

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
        {
            signal.Dispose();
        }

        _stop.Dispose();
        _again.Dispose();
    }

    private Action<PosixSignalContext> On(int number) => context =>
    {
        int asked = Interlocked.Increment(ref _asked);
        context.Cancel = asked <= _asks;
        Interlocked.CompareExchange(ref _signal, number, 0);
        (asked == 1 ? _stop : _again).Cancel();
    };
}
