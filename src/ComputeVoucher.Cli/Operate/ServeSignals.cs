using System;
using System.Runtime.InteropServices;
using System.Threading;

namespace ComputeVoucher.Cli;

/// <summary>SIGTERM and SIGINT drain, from the first moment on; SIGHUP reads the configuration
/// again, as daemons do, and a terminal that closes ends nothing.</summary>
internal sealed class ServeSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registered;
    private volatile Action? _reload;

    public ServeSignals() => _registered =
    [
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop),
        PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop),
        PosixSignalRegistration.Create(PosixSignal.SIGHUP, Hangup),
    ];

    public CancellationToken Stopped => _stop.Token;

    /// <summary>What SIGHUP does; nothing before it is set.</summary>
    public Action? Reload
    {
        get => _reload;
        set => _reload = value;
    }

    public void Dispose()
    {
        Array.ForEach(_registered, one => one.Dispose());
        _stop.Dispose();
    }

    private void Stop(PosixSignalContext signal)
    {
        // The first signal drains; the runtime must not end the process meanwhile.
        signal.Cancel = true;
        _stop.Cancel();
    }

    private void Hangup(PosixSignalContext signal)
    {
        signal.Cancel = true;
        _reload?.Invoke();
    }
}
