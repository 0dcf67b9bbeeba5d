using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace ComputeVoucher.Cli;

/// <summary>The first signal asks a command that sends to end, so that it can say what is on its
/// way; the second ends it as ever.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly PosixSignalRegistration[] _signals;
    private int _signal;

    public Interruption(CancellationToken outer)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(outer);
        _signals =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, On(1)),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, On(2)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, On(15)),
        ];
    }

    public CancellationToken Token => _stop.Token;

    /// <summary>As a shell says it; 0 while there was none.</summary>
    public int Status => _signal == 0 ? 0 : 128 + _signal;

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
        {
            signal.Dispose();
        }

        _stop.Dispose();
    }

    private Action<PosixSignalContext> On(int number) => context =>
    {
        context.Cancel = Interlocked.CompareExchange(ref _signal, number, 0) == 0;
        _stop.Cancel();
    };
}
