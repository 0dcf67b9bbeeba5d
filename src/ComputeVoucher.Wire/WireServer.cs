using System;
using System.Net;
using System.Threading.Tasks;

namespace ComputeVoucher.Wire;

/// <summary>Listens, proves the node key, keeps the limits, and hands frames to a handler.</summary>
public sealed class WireServer : IAsyncDisposable
{
    private WireServer()
    {
    }

    /// <summary>Where it listens, with the port that was taken.</summary>
    public IPEndPoint LocalEndPoint => throw new NotImplementedException();

    /// <summary>Figures for metrics.</summary>
    public WireServerFigures Figures => throw new NotImplementedException();

    /// <summary>Binds and starts accepting.</summary>
    /// <exception cref="WireException">The port is taken or may not be used, or a limit is wrong.</exception>
    public static WireServer Start(WireServerOptions options, IWireHandler handler) =>
        throw new NotImplementedException();

    /// <summary>
    /// Stops accepting, says Goodbye, refuses new orders, lets those in flight finish, then closes;
    /// what is not done within the time is cut off. True: everything finished.
    /// </summary>
    public ValueTask<bool> DrainAsync(TimeSpan within) => throw new NotImplementedException();

    /// <summary>Closes everything at once.</summary>
    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
