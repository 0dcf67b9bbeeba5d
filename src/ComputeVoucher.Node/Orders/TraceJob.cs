using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Threading;
using ComputeVoucher.Execution;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Node;

/// <summary>The trace root of a served order, by running it again, for everybody who asks.
/// </summary>
internal sealed class TraceJob : Job
{
    private readonly Serving _serving;
    private readonly Traces _traces;
    private readonly Receipt _receipt;
    private readonly Order _order;
    private readonly Lock _gate = new();
    private readonly List<IWireRequest> _askers = [];

    [SetsRequiredMembers]
    public TraceJob(
        Serving serving, Traces traces, StoredOrder stored, in Receipt receipt, IModel model)
    {
        (_serving, _traces, _order, Hash) = (serving, traces, stored.Order, stored.Hash);
        (_receipt, Model, Channel) = (receipt, model, _order.Channel);
        Share = Job.ShareOf(receipt.Units, serving.LockedOf(Channel));
    }

    /// <summary>Of the order.</summary>
    public Bytes32 Hash { get; }

    public override bool IsBehind => true;

    /// <summary>One more who asks; owns the request.</summary>
    public void Join(IWireRequest request)
    {
        lock (_gate)
        {
            _askers.Add(request);
        }
    }

    public override void Run(IModelSession session)
    {
        if (!IsWanted())
        {
            // Nobody is there to hear it.
            Refuse(RefusalReason.Overloaded);
            return;
        }

        RunOptions options = new() { Trace = true, StepsMax = _receipt.Steps };
        byte[] input = _receipt.Steps == 0 ? [] : _serving.Ledger.Input(Hash);
        if (_receipt.Steps > 0 && input.Length == 0)
        {
            // Nobody can dispute it any more, and nobody keeps it.
            Refuse(RefusalReason.OrderUnknown);
            return;
        }

        RunResult result = _receipt.Steps == 0
            ? RunResult.Nothing(_order.InputRoot)
            : session.Run(input, options);
        if (result.Steps != _receipt.Steps || result.OutputRoot != _receipt.OutputRoot)
        {
            // Whoever signs two stories about one order loses the stake.
            throw new InvalidOperationException("another result than the receipt's; check memory");
        }

        TraceRootStatement statement = new(Hash, _receipt.Steps, result.TraceRoot);
        Signature signature = _serving.NodeKey.Sign(statement.Digest(_serving.Separator));
        byte[] answer = SignedPayload.Encode(statement, signature);
        _traces.Close(this, answer);
        foreach (IWireRequest request in _askers)
        {
            request.Reply(answer);
            request.Dispose();
        }
    }

    public override void Fail(Exception failure)
    {
        _serving.Log.OrderFailed(Hash, Failure.Describe(failure));
        Refuse(Failure.ReasonOf(failure));
    }

    private bool IsWanted()
    {
        lock (_gate)
        {
            return _askers.Exists(request => request.Connection.IsOpen);
        }
    }

    private void Refuse(RefusalReason reason)
    {
        _traces.Close(this, null);
        foreach (IWireRequest request in _askers)
        {
            request.Fail((ushort)reason, Refusals.Describe(reason), reason.IsRetryable());
            request.Dispose();
        }
    }
}
