using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using ComputeVoucher.Ledger;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Wire;

namespace ComputeVoucher.Node;

/// <summary>
/// Everything a client asks besides orders; what is in the payloads stands at
/// <see cref="AckStored"/>. Cheapest first: a query that was signed for another connection costs
/// neither a lookup nor a recovery, and nothing is read from the disk for a stranger.
/// </summary>
internal sealed class Requests
{
    private readonly Serving _serving;
    private readonly Traces _traces;
    private readonly Openings _openings;

    public Requests(Serving serving) =>
        (_serving, _traces, _openings) = (serving, new Traces(serving), new Openings(serving));

    /// <inheritdoc cref="Openings.Waiting"/>
    public int OpeningsWaiting => _openings.Waiting;

    /// <summary>Owns the request.</summary>
    public async Task AnswerAsync(IWireRequest request)
    {
        try
        {
            RefusalReason refusal = request.Kind switch
            {
                FrameKind.Ack => await AckAsync(request).ConfigureAwait(false),
                FrameKind.TraceRequest => await StartTraceAsync(request)
                    .ConfigureAwait(false),
                FrameKind.OpeningRequest => await StartOpeningAsync(request)
                    .ConfigureAwait(false),
                FrameKind.ReleaseRequest => await ReleaseAsync(request).ConfigureAwait(false),
                FrameKind.StateRequest => await StateAsync(request).ConfigureAwait(false),
                _ => RefusalReason.NotOffered,
            };
            if (refusal == RefusalReason.None
                && request.Kind is FrameKind.TraceRequest or FrameKind.OpeningRequest)
            {
                // The job answers and disposes of it.
                return;
            }

            Refuse(request, refusal);
        }
        catch (Exception failure)
        {
            RefusalReason reason = RefusalReason.ExecutionFailed;
            if (failure is LedgerException { Reason: RefusalReason.StorageFull } full)
            {
                // The pump tells the operator, once; here it is one of many.
                reason = full.Reason;
                _serving.Refusals.Request((ushort)reason, full.Message);
            }
            else
            {
                reason = failure is LedgerException ledger ? ledger.Reason : reason;
                _serving.Log.UnexpectedFailure("request", Failure.Describe(failure));
            }

            Refuse(request, reason);
        }

        request.Dispose();
    }

    private void Refuse(IWireRequest request, RefusalReason refusal)
    {
        if (refusal == RefusalReason.None)
        {
            return;
        }

        string text = Refusals.Describe(refusal);
        _serving.Metrics.Refused((ushort)refusal);
        request.Fail((ushort)refusal, text, refusal.IsRetryable());
        if (refusal.IsAbusive())
        {
            request.Connection.Close((ushort)refusal, text, abusive: true);
        }
    }

    /// <summary>A question that was signed for this connection; by whom is not known yet.</summary>
    private static RefusalReason DecodeQuery<T>(
        IWireRequest request, out T query, out Signature signature)
        where T : struct, ISignedQuery<T>
    {
        RefusalReason refusal = SignedPayload.Decode(
            request.Payload.Span, out query, out signature);
        return refusal == RefusalReason.None && query.Nonce != request.Connection.Nonce
            ? RefusalReason.QueryNonceWrong
            : refusal;
    }

    /// <summary>Whether the channel's spend key said it, on this connection and no other: then
    /// the connection is a payer's.</summary>
    private RefusalReason CheckQuery<T>(IWireRequest request,
        in T query, in Signature signature, in Bytes32 channelId, out ChannelState channel)
        where T : struct, ISignedQuery<T>
    {
        RefusalReason refusal = CheckHolder(query, signature, channelId, out channel);
        return refusal == RefusalReason.None
            ? Payers.Prove(request.Connection, channel)
            : refusal;
    }

    /// <summary>Whether the channel's spend key said it, here or elsewhere.</summary>
    private RefusalReason CheckHolder<T>(
        in T value, in Signature signature, in Bytes32 channelId, out ChannelState channel)
        where T : struct, ISignedStruct<T>
    {
        if (_serving.Ledger.Channel(channelId) is not { } known)
        {
            channel = null!;
            return RefusalReason.ChannelUnknown;
        }

        channel = known;
        return SignedPayload.CheckSigner(
            value.HashStruct(), signature, _serving.Separator, known.Row.Terms.SpendKey);
    }

    private async Task<RefusalReason> AckAsync(IWireRequest request)
    {
        RefusalReason refusal = SignedPayload.Decode(
            request.Payload.Span, out Ack ack, out Signature signature);
        if (refusal != RefusalReason.None)
        {
            return refusal;
        }

        refusal = CheckHolder(ack, signature, ack.Channel, out ChannelState channel);
        if (refusal != RefusalReason.None)
        {
            return refusal;
        }

        AckResult result = _serving.Ledger.RecordAck(ack, signature);
        if (result.Refusal != RefusalReason.None)
        {
            return result.Refusal;
        }

        if (result.IsStored)
        {
            // Old acks are public on the chain; only a newer one is its holder's own word. Money is
            // taken from any connection, so one too many is no reason to refuse it.
            _ = Payers.Prove(request.Connection, channel);
        }

        await result.Durable.ConfigureAwait(false);
        request.Reply(new AckStored(result.Newest.Channel, result.Newest.CumUnits).Encode());
        UInt128 before = channel.Ack?.CumUnits ?? 0;
        _serving.Metrics.AckStored(
            ack.CumUnits > before ? (ulong)(ack.CumUnits - before) : 0);
        return RefusalReason.None;
    }

    private async Task<RefusalReason> StartTraceAsync(IWireRequest request)
    {
        RefusalReason refusal = DecodeQuery(
            request, out TraceQuery query, out Signature signature);
        if (refusal != RefusalReason.None)
        {
            return refusal;
        }

        // The order says who may ask, but only for somebody who has a channel is it read.
        Bytes32 digest = query.Digest(_serving.Separator);
        if (!Secp256k1.TryRecover(digest, signature, out Address asker))
        {
            return RefusalReason.SignatureMalformed;
        }

        if (!_serving.Ledger.IsSpendKey(asker))
        {
            return RefusalReason.SignerWrong;
        }

        return await _traces.AskAsync(request, query.OrderHash, asker).ConfigureAwait(false);
    }

    private async Task<RefusalReason> StartOpeningAsync(IWireRequest request)
    {
        RefusalReason refusal = OpeningPlace.Decode(request.Payload.Span,
            out OpeningQuery query, out Signature signature, out OpeningPlace place);
        if (refusal != RefusalReason.None)
        {
            return refusal;
        }

        if (query.Nonce != request.Connection.Nonce)
        {
            return RefusalReason.QueryNonceWrong;
        }

        // The order says who may ask, but only for a holder or his watcher is it read.
        Bytes32 digest = query.Digest(_serving.Separator);
        if (!Secp256k1.TryRecover(digest, signature, out Address asker))
        {
            return RefusalReason.SignatureMalformed;
        }

        if (!_serving.Ledger.IsSpendKey(asker) && _serving.Courts?.IsWatcher(asker) is not true)
        {
            return RefusalReason.SignerWrong;
        }

        return await _openings.AskAsync(request, query.OrderHash, place, asker)
            .ConfigureAwait(false);
    }

    private async Task<RefusalReason> ReleaseAsync(IWireRequest request)
    {
        RefusalReason refusal = DecodeQuery(
            request, out ReleaseQuery query, out Signature asked);
        if (refusal != RefusalReason.None)
        {
            return refusal;
        }

        refusal = CheckQuery(request, query, asked, query.Channel, out ChannelState channel);
        if (refusal != RefusalReason.None)
        {
            return refusal;
        }

        Ack newest = channel.Ack ?? new Ack(channel.Id, 0, 0);
        if (query.CumUnits != newest.CumUnits || query.NextSeq != newest.NextSeq)
        {
            return RefusalReason.QueryStale;
        }

        if (channel.Sums.Unacked > 0)
        {
            return RefusalReason.AckUnfinished;
        }

        Release release = new(channel.Id, newest.CumUnits);
        Signature signature = _serving.NodeKey.Sign(release.Digest(_serving.Separator));
        Task durable = _serving.Ledger.RecordRelease(release, signature, out refusal);
        if (refusal != RefusalReason.None)
        {
            return refusal;
        }

        await durable.ConfigureAwait(false);
        request.Reply(SignedPayload.Encode(release, signature));
        return RefusalReason.None;
    }

    private async Task<RefusalReason> StateAsync(IWireRequest request)
    {
        RefusalReason refusal = DecodeQuery(
            request, out StateQuery query, out Signature signature);
        if (refusal != RefusalReason.None)
        {
            return refusal;
        }

        refusal = CheckQuery(request, query, signature, query.Channel, out ChannelState channel);
        if (refusal != RefusalReason.None)
        {
            return refusal;
        }

        List<StateMessage.Entry> entries = [];
        IReadOnlyList<StoredOrder> orders = await _serving.Ledger.OrdersAsync(
            channel.Id, channel.Ack?.NextSeq ?? 0, StateMessage.EntriesMax).ConfigureAwait(false);
        foreach (StoredOrder order in orders)
        {
            entries.Add(new StateMessage.Entry(
                SignedPayload.Encode(order.Order, order.Signature),
                order.Receipt is { } receipt
                    ? SignedPayload.Encode(receipt.Receipt, receipt.Signature)
                    : default));
        }

        byte[]? ack = channel.Ack is { } newest
            ? SignedPayload.Encode(newest, channel.AckSignature)
            : null;
        request.Reply(new StateMessage(
            channel.Ack ?? default, ack, channel.UnusedSeq, entries).Encode());
        return RefusalReason.None;
    }
}
