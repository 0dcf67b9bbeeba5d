using System;
using System.Collections.Generic;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Chain;

/// <summary>What the first endpoint alone must not decide, because money is spent on it: prices,
/// gas, and whether a transaction would do anything.</summary>
public sealed partial class JsonRpcClient
{
    // Where three endpoints or more may be asked, one that lies alone decides nothing, whatever
    // the others failed at a moment ago. Of two, one that is away would hold up every question.
    private const int AgreementMin = 2;

    /// <summary>Gas that the call would need on top of the newest block: the middle of what the
    /// endpoints say, of two the larger, for too little pays for a failure. A figure beyond what is
    /// allowed is left out while another is within it, so that one endpoint's word forbids nothing.
    /// </summary>
    /// <param name="call">What would be sent.</param>
    /// <param name="allowed">Gas that the caller would give at most.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="ChainException">More of them say that it reverts than how much it needs.
    /// </exception>
    public async Task<ulong> EstimateGasAsync(
        CallRequest call, ulong allowed, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(call);
        List<ulong> answers = await AnswersAsync(
            "eth_estimateGas",
            w =>
            {
                // Some clients estimate on top of the pending block where none is named.
                WriteCall(w, call);
                w.WriteStringValue(BlockTag.Latest.ToString());
            },
            r => JsonScalar.ReadUInt64(r, "gas") is var gas and >= ChainLimits.TransactionGasMin
                ? gas
                : throw JsonScalar.Malformed("gas", "less than any transaction takes"),
            cancel).ConfigureAwait(false);
        answers.Sort();
        int within = answers.FindLastIndex(gas => gas <= allowed) + 1;
        int heard = within > 0 ? within : answers.Count;
        return answers[heard / 2];
    }

    /// <summary>What the call returns, by each endpoint that answers.</summary>
    /// <exception cref="ChainException">More of them say that it reverts.</exception>
    internal Task<List<byte[]>> CallEverywhereAsync(
        CallRequest call, BlockTag block, CancellationToken cancel) => AnswersAsync(
            "eth_call",
            w =>
            {
                WriteCall(w, call);
                w.WriteStringValue(block.ToString());
            },
            r => JsonScalar.ReadData(r, "call"),
            cancel);

    /// <summary>The receipt, by the first endpoint that has one.</summary>
    /// <param name="hash">Of the transaction.</param>
    /// <param name="denials">Endpoints that must say that there is none, where so many are left.
    /// </param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>Null where none has it.</returns>
    /// <exception cref="ChainException">Too few answered to say so.</exception>
    internal async Task<TransactionReceipt?> ReceiptAnywhereAsync(
        Bytes32 hash, int denials, CancellationToken cancel)
    {
        List<RpcEndpoint> endpoints = InOrder();
        int left = Math.Min(denials, endpoints.Count);
        ChainException? last = null;
        foreach (RpcEndpoint endpoint in endpoints)
        {
            try
            {
                TransactionReceipt? receipt = await endpoint
                    .CallAsync(
                        "eth_getTransactionReceipt",
                        HashParameter(hash),
                        ResultParser.Receipt,
                        ChainLimits.ResponseBytesMax,
                        cancel)
                    .ConfigureAwait(false);
                if (receipt is not null)
                {
                    return receipt;
                }

                left--;
            }
            catch (ChainException e)
            {
                last = e;
            }
        }

        return left <= 0 && endpoints.Count > 0 ? null : throw last ?? AllQuarantined();
    }

    /// <summary>Wei per gas: the middle of what the endpoints' newest blocks say, of two both.
    /// </summary>
    internal async Task<Middle> BaseFeeAsync(BlockHeader head, CancellationToken cancel)
    {
        if (_endpoints.Length == 1)
        {
            return new Middle(head.BaseFee, head.BaseFee);
        }

        List<BlockHeader?> heads = await AnswersAsync(
            "eth_getBlockByNumber", BlockParameters(BlockTag.Latest), ResultParser.Block, cancel)
            .ConfigureAwait(false);
        return Middle.Of(heads, block => block?.BaseFee)
            ?? new Middle(head.BaseFee, head.BaseFee);
    }

    /// <summary>The tip that nodes suggest, wei per gas; null where none does.</summary>
    internal async Task<Middle?> PriorityFeeAsync(CancellationToken cancel) => Middle.Of(
        await AnswersOrNoneAsync(
            "eth_maxPriorityFeePerGas",
            NoParameters,
            r => JsonScalar.ReadUInt128(r, "maxPriorityFeePerGas"),
            cancel).ConfigureAwait(false),
        tip => tip);

    /// <summary>The tips that the newest blocks were paid, as each endpoint tells; empty blocks say
    /// nothing and are left out.</summary>
    /// <param name="blocks">How many, 1 to 1,024.</param>
    /// <param name="cancel">Ends the wait.</param>
    internal Task<List<FeeHistory>> FeeHistoryAsync(int blocks, CancellationToken cancel) =>
        AnswersOrNoneAsync(
            "eth_feeHistory",
            w =>
            {
                w.WriteStringValue(BlockTag.Number((ulong)blocks).ToString());
                w.WriteStringValue(BlockTag.Latest.ToString());
                w.WriteStartArray();
                w.WriteNumberValue(FeeHistory.TypicalPercentile);
                w.WriteNumberValue(FeeHistory.HighPercentile);
                w.WriteEndArray();
            },
            r => FeeHistory.Read(r, blocks),
            cancel);

    /// <summary>Nothing where no endpoint says: a tip is a guess in any case.</summary>
    private async Task<List<T>> AnswersOrNoneAsync<T>(
        string method,
        Action<Utf8JsonWriter> parameters,
        Func<JsonElement, T> read,
        CancellationToken cancel)
    {
        try
        {
            return await AnswersAsync(method, parameters, read, cancel).ConfigureAwait(false);
        }
        catch (ChainException)
        {
            return [];
        }
    }

    private Task<List<T>> AnswersAsync<T>(
        string method,
        Action<Utf8JsonWriter> parameters,
        Func<JsonElement, T> read,
        CancellationToken cancel) => PatientlyAsync(
            method, () => AnswersOnceAsync(method, parameters, read, cancel), cancel);

    /// <summary>Of every endpoint that may be asked and answers; one at least. A revert is an
    /// answer: it is thrown where more endpoints give it than anything else.</summary>
    private async Task<List<T>> AnswersOnceAsync<T>(
        string method,
        Action<Utf8JsonWriter> parameters,
        Func<JsonElement, T> read,
        CancellationToken cancel)
    {
        Poll<T> poll = new();
        List<RpcEndpoint> silent = [];
        List<RpcEndpoint> endpoints = ToRead();
        int enough = Math.Clamp(endpoints.Count - 1, 1, AgreementMin);
        foreach (RpcEndpoint endpoint in endpoints)
        {
            // One that fails now is not waited for where enough have answered.
            if (poll.Heard < enough || !endpoint.IsResting)
            {
                await AskAsync(endpoint).ConfigureAwait(false);
            }
        }

        // Else a request lost here and there would leave the word of one, which may be the liar's.
        int once = silent.Count;
        for (int i = 0; i < once && poll.Heard > 0 && poll.Heard < enough; i++)
        {
            await AskAsync(silent[i]).ConfigureAwait(false);
        }

        return poll.Reverts > poll.Answers.Count ? throw poll.Reverted!
            : poll.Answers.Count > 0 ? poll.Answers
            : throw poll.Last ?? AllQuarantined();

        async Task AskAsync(RpcEndpoint endpoint)
        {
            try
            {
                poll.Answers.Add(await endpoint
                    .CallAsync(method, parameters, read, ChainLimits.ResponseBytesMax, cancel)
                    .ConfigureAwait(false));
            }
            catch (ChainException e) when (e.Fault == ChainFault.Reverted)
            {
                (poll.Reverted, poll.Reverts) = (e, poll.Reverts + 1);
            }
            catch (ChainException e)
            {
                poll.Last = poll.Last is null || poll.Last.IsTransient ? e : poll.Last;
                silent.Add(endpoint);
            }
        }
    }

    /// <summary>What the endpoints said to one question.</summary>
    private sealed class Poll<T>
    {
        public List<T> Answers { get; } = [];

        public int Reverts { get; set; }

        public ChainException? Reverted { get; set; }

        public ChainException? Last { get; set; }

        public int Heard => Answers.Count + Reverts;
    }
}
