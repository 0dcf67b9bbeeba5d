using System;
using System.IO;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Disputes;
using ComputeVoucher.Execution;
using ComputeVoucher.Execution.Graphs;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;
using ComputeVoucher.Watcher;

namespace ComputeVoucher.Fraud;

/// <summary>
/// Three nodes before the court of one class, on a chain of their own: an honest one that a lying
/// holder disputes, one that flips a value deep in the network and answers, and one that does the
/// same and stays silent. The watcher is the real one; time passes by the chain's clock.
/// </summary>
internal sealed class FraudPlay : IAsyncDisposable
{
    /// <summary>Orders that each channel has paid; the last of them is the one in question.
    /// </summary>
    private const ulong Orders = 9;

    /// <summary>Ends any dispute in which a side is silent: its 3.5 days, and as much again.
    /// </summary>
    private static readonly TimeSpan s_silence = TimeSpan.FromDays(8);

    /// <summary>Of Provers.NoContradiction.</summary>
    private const string Refusal = "Refused the proof does not prove anything";

    private const string Node = "node";
    private const string Watcher = "watcher";
    private const string Holder = "holder";

    private readonly CourtMarket _market;
    private readonly string _modelPath;
    private readonly GraphModel _model;
    private readonly Action<string> _say;
    private readonly string _folder = Directory.CreateTempSubdirectory("fraud").FullName;
    private ulong _startedAt;
    private ulong _disputesBefore;

    private FraudPlay(CourtMarket market, string modelPath, byte[] input, Action<string> say)
    {
        (_market, _modelPath, _say) = (market, modelPath, say);
        _model = (GraphModel)ModelFile.Open(modelPath);
        Honest = RecordedRun.Of(_model, input[.._model.InputBytesMax], 1);
        int tensor = Honest.Trace.Count / 2;
        Forged = CheatingNode.Forge(Honest, tensor, Honest.Trace[tensor].Data.Length / 2);
    }

    /// <summary>The run as it is.</summary>
    public RecordedRun Honest { get; }

    /// <summary>The same with one value in the middle of the network changed.</summary>
    public RecordedRun Forged { get; }

    /// <summary>What an order costs, token base units: the class's price is one for a unit.
    /// </summary>
    private UInt128 Price => _model.Costs.Run(0, 1, WantedProofs.None);

    /// <param name="modelPath">A graph.</param>
    /// <param name="input">Begins with one input of it.</param>
    /// <param name="say">Told of progress, one line.</param>
    /// <exception cref="ModelException">It cannot be read, or takes another input.</exception>
    public static async Task<FraudPlay> StartAsync(
        string modelPath, byte[] input, Action<string> say)
    {
        say("starting a chain, deploying the contracts and their court");
        FraudPlay play = new(await CourtMarket.StartAsync(), modelPath, input, say);
        say($"admitting {Path.GetFileName(modelPath)}");
        await play._market.AdmitAsync(play._model);
        return play;
    }

    public async ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        Honest.Dispose();
        _model.Dispose();
        await _market.DisposeAsync();
    }

    /// <summary>The watcher finds nothing; the holder disputes all the same, goes down to the value
    /// that he says is another, cannot prove it, and lapses.</summary>
    public async Task<FraudCase> HonestAsync()
    {
        (FraudCase played, CheatingNode node, ChannelTerms terms) =
            await BeginAsync("honest, disputed", Honest);
        (Order order, Receipt receipt) = await node.ServeAsync(
            terms, Orders - 1, Evidence(played), OrderFlags.TraceRootWanted);
        WatchPass pass = await WatchAsync(played, () => Task.CompletedTask);
        played.Check("orders that the watcher found wrong", 0, pass.Wrong);

        string? refusal = await new LyingHolder(_market, node, Honest, Forged).DisputeAsync(
            terms, order, receipt, (what, sent) => AddAsync(played, Holder, what, sent));
        played.Check("refusal of the lie", Refusal, refusal);
        played.Check("the node has answered", true, node.Answers > 1);
        _say($"{played.Name}: the holder is silent, and his time passes");
        await _market.PassAsync(s_silence);
        ulong id = await _market.Disputes.CountAsync(BlockTag.Latest, default);
        (Matter matter, _) = await node.MatterAsync(id);
        await AddAsync(played, Node, "timeout", await _market.SendAsync(
            _market.Provider, _market.Disputes.Address, DisputesContract.Timeout(id, matter)));

        await EndAsync(played, terms);
        played.Check("verdict", $"{DisputeState.Lapsed}", played.Verdict);
        played.Check("bond", played.Before.Bond, played.After.Bond);
        played.Check("refund", UInt256.Zero, played.After.Holder - played.Before.Holder);
        played.Check("share", UInt256.Zero, played.After.Watcher - played.Before.Watcher);
        played.Check("fees earned", true, played.After.Fees > played.Before.Fees);
        return played;
    }

    /// <summary>A node answers from the run that it signed, down to the value.</summary>
    public async Task<FraudCase> FlipsAsync(RecordedRun signed)
    {
        (FraudCase played, CheatingNode node, ChannelTerms terms) =
            await BeginAsync("flips a value", signed);
        await node.ServeAsync(terms, Orders - 1, Evidence(played), OrderFlags.TraceRootWanted);
        WatchPass pass = await WatchAsync(played, node.MoveAsync);
        played.Check("convictions", 1, pass.Convicted);
        played.Check("the node has answered", true, node.Answers > 1);
        // Proven: the whole part of the slash that is not burned.
        await CollectAsync(played, terms, UInt128.MaxValue);
        return played;
    }

    /// <summary>A node leaves its time to pass.</summary>
    public async Task<FraudCase> IsSilentAsync(RecordedRun signed)
    {
        (FraudCase played, CheatingNode node, ChannelTerms terms) =
            await BeginAsync("stays silent", signed);
        await node.ServeAsync(terms, Orders - 1, Evidence(played), OrderFlags.TraceRootWanted);
        WatchPass pass = await WatchAsync(played, () => Task.CompletedTask);
        played.Check("convictions before its time is over", 0, pass.Convicted);
        _say($"{played.Name}: the node is silent, and its time passes");
        await _market.PassAsync(s_silence);
        pass = await WatchAsync(played, () => Task.CompletedTask);
        played.Check("convictions", 1, pass.Convicted);
        played.Check("answers", 0, node.Answers);
        // By silence at most twice the price: Rewards.SHARE_SILENCE_MAX.
        await CollectAsync(played, terms, 2 * Price);
        return played;
    }

    private string Evidence(FraudCase played) => Path.Combine(_folder, played.Name);

    private async Task<(FraudCase, CheatingNode, ChannelTerms)> BeginAsync(
        string name, RecordedRun signed)
    {
        FraudCase played = new(name);
        _say($"{name}: a node with a bond serves {Orders} orders and is paid for them");
        PrivateKey key = await _market.NewNodeAsync();
        CheatingNode node = new(_market, key, signed)
        {
            Answered = (what, sent) => AddAsync(played, Node, what, sent),
        };
        ChannelTerms terms = await _market.NewChannelAsync(
            key, (ulong)(Orders * Price), Orders);
        played.Before = await MoneyAsync(terms);
        _startedAt = await _market.NowAsync();
        _disputesBefore = await _market.Disputes.CountAsync(BlockTag.Latest, default);
        return (played, node, terms);
    }

    /// <summary>The share is paid some days later; then every figure of a conviction is compared.
    /// </summary>
    private async Task CollectAsync(FraudCase played, ChannelTerms terms, UInt128 cap)
    {
        _say($"{played.Name}: the share waits for {CourtLimits.ShareSeconds / 86_400} days");
        await _market.PassAsync(TimeSpan.FromSeconds(CourtLimits.ShareSeconds));
        WatchPass pass = await WatchAsync(played, () => Task.CompletedTask);
        played.Check("cases that the watcher could not look at", 0, pass.Failures);
        await EndAsync(played, terms);

        UInt256 bond = CourtMarket.Bond;
        // A fifth: Limits.SLASH_BURN_BPS burns the rest.
        UInt128 reward = CourtMarket.Bond / 5;
        FraudMoney before = played.Before;
        FraudMoney after = played.After;
        played.Check("verdict", $"{DisputeState.Convicted}", played.Verdict);
        played.Check("bond before", bond, before.Bond);
        played.Check("bond", UInt256.Zero, after.Bond);
        played.Check("refund", (UInt256)Price, after.Holder - before.Holder);
        played.Check(
            "share", (UInt256)UInt128.Min(reward, cap), after.Watcher - before.Watcher);
        played.Check("burned", bond - reward, after.Burned - before.Burned);
        played.Check("sum", bond, after.Burned - before.Burned + (after.Court - before.Court)
            + (after.Watcher - before.Watcher));
        played.Check("fees earned", before.Fees, after.Fees);
    }

    private async Task EndAsync(FraudCase played, ChannelTerms terms)
    {
        ulong id = await _market.Disputes.CountAsync(BlockTag.Latest, default);
        played.Verdict = id == _disputesBefore ? $"{DisputeState.None}"
            : $"{(await _market.Disputes.DisputeAsync(id, BlockTag.Latest, default)).State}";
        played.After = await MoneyAsync(terms);
        _say($"{played.Name}: {played.Verdict.ToLowerInvariant()}");
    }

    private async Task AddAsync(
        FraudCase played, string who, string what, TransactionReceipt sent)
    {
        BlockHeader? block =
            await _market.Rpc.BlockAsync(BlockTag.Number(sent.BlockNumber), default);
        played.Moves.Add(new FraudMove(
            block!.Timestamp - _startedAt, who, what, sent.GasUsed));
    }

    private async Task<FraudMoney> MoneyAsync(ChannelTerms terms)
    {
        BlockTag latest = BlockTag.Latest;
        Address token = _market.Class.Token;
        ProvidersContract providers = new(_market.Rpc, _market.Domain.Providers);
        VouchersContract vouchers = new(_market.Rpc, _market.Domain.Vouchers);
        byte[] burned = await _market.Rpc.CallAsync(
            new CallRequest(default, _market.Domain.Providers, new AbiWriter().Write(token)
                .ToCall(FunctionSelector.Of("burned(address)"))), latest, default);
        Bond bond = await providers.BondAsync(
            terms.Node, token, _market.Court, latest, default);
        return new FraudMoney(
            bond.Amount,
            await vouchers.EarnedAsync(_market.Holder.Address, token, latest, default),
            await _market.Token.BalanceAsync(_market.Watcher.Address, latest, default),
            UInt256.FromBigEndian(burned),
            await _market.Token.BalanceAsync(_market.Court, latest, default),
            await _market.Disputes.Fees.CreditAsync(
                _market.Provider.Address, latest, default));
    }

    /// <summary>Passes of the watcher, with his own store, until nothing is left to send.</summary>
    private async Task<WatchPass> WatchAsync(FraudCase played, Func<Task> provider)
    {
        using WatchStore store = WatchStore.Open(
            Path.Combine(Evidence(played), "watch.db"), seed: 1);
        using WatchedModels models = new();
        models.Add(() => ModelFile.Open(_modelPath));
        WatchOptions options = new()
        {
            Domain = _market.Domain,
            Evidence = Evidence(played),
            Account = _market.Watcher.Address,
            Say = line => _say($"{played.Name}: {line}"),
        };
        using Watch watch = new(
            options, store, models, _market.Rpc,
            async (kind, to, data, value, _) => await AddAsync(
                played, Watcher, kind,
                await _market.SendAsync(_market.Watcher, to, data, value)),
            _market.Clock);
        WatchPass pass;
        do
        {
            pass = await watch.StepAsync(default);
            await provider();
        }
        while (pass.Sent);

        return pass;
    }
}
