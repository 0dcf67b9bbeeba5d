using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Node;

/// <summary>
/// A node without its sockets: pipeline, workers and pump. <see cref="NodeHost"/> puts a server
/// before it, a simulation plays the clients itself.
/// </summary>
internal sealed class Engine : IDisposable
{
    private readonly Serving _serving;
    private readonly ChainService _chain;
    private readonly ChainPump _pump;
    private readonly Workers[] _workers;

    public Engine(
        Serving serving, ChainService chain, NodeOptions options, Backend backend,
        Scheduling scheduling, MoneyWatch? money = null)
    {
        (_serving, _chain, Pipeline) = (serving, chain, new Pipeline(serving));
        _pump = new ChainPump(
            chain, serving.Ledger, options.Poll, serving.Time, serving.Log, Pipeline.Resume)
        {
            Money = money,
            Courts = serving.Courts,
        };
        _workers =
        [
            new("graph", options.Workers, serving.Graphs, backend, options.ThreadsPerWorker,
                scheduling, serving.Log),
            new("stream", options.Streams, serving.Streams, backend, options.ThreadsPerWorker,
                scheduling, serving.Log),
        ];
    }

    public Pipeline Pipeline { get; }

    /// <summary>Takes up what an earlier process left; before the first client.</summary>
    public async Task ResumeAsync()
    {
        IReadOnlyList<StoredOrder> unfinished = await _serving.Ledger.UnfinishedOrdersAsync()
            .ConfigureAwait(false);
        _serving.Log.Recovered(
            _serving.Ledger.Channels().Count, unfinished.Count, _chain.Outbox.Open.Count);
        Pipeline.Resume(unfinished);
    }

    /// <summary>Does something with the chain between two looks at it.</summary>
    public Task<T> BetweenStepsAsync<T>(Func<CancellationToken, Task<T>> work) =>
        _pump.BetweenStepsAsync(work);

    public Task PumpAsync(CancellationToken cancel) => _pump.RunAsync(cancel);

    /// <summary>As above, and says once when the node is ready.</summary>
    public Task PumpAsync(Readiness readiness, CancellationToken cancel)
    {
        _pump.Readiness = readiness;
        return _pump.RunAsync(cancel);
    }

    public void Dispose() => Array.ForEach(_workers, workers => workers.Dispose());
}
