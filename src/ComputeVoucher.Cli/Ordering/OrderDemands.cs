using System;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Client;
using ComputeVoucher.Execution;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>What `request` does about a promise that was broken: demands the result before the
/// court of the channel's class, and goes on with what an earlier run demanded.</summary>
internal sealed class OrderDemands
{
    private const string Auto = "auto";
    private const string Never = "never";

    /// <summary>Of an answer that comes at once; the demand stands for three days.</summary>
    private const int WaitSecondsDefault = 60;

    private static readonly Option<string> s_demand = Opt.Of<string>(
        "--demand", "`auto` asks for promises (as --accept does), and demands before the court "
            + "what was promised and did not come; `never` demands nothing (default: demands what "
            + "was promised, where the class has a court and the account has ether)", "WHEN")
        .AcceptOnlyFromAmong(Auto, Never);

    private static readonly Option<string> s_key = Opt.Of<string>(
        "--demand-key", "Key file of who sends the demand and pays its deposit and gas (default: "
            + "that of --spend-key)", "FILE");

    private static readonly Option<int> s_wait = Opt.Or<int>(
        "--demand-wait", "Seconds that the answer to a demand is waited for; the demand stands for "
            + "three days, and the next request on the channel collects it", "S",
        WaitSecondsDefault);

    private readonly ParseResult _parsed;
    private readonly OrderGuards _guards;
    private readonly ClientJournal _journal;
    private readonly OrderRunner _runner;
    private readonly IModel _model;
    private readonly ChannelTerms _channel;
    private readonly TimeSpan _wait;

    public OrderDemands(ParseResult parsed, OrderGuards guards, ClientJournal journal,
        OrderRunner runner, IModel model, in ChannelTerms channel)
    {
        (_parsed, _guards, _journal) = (parsed, guards, journal);
        (_runner, _model, _channel) = (runner, model, channel);
        _wait = TimeSpan.FromSeconds(
            Opt.Bounded(parsed, s_wait, 0, SendOptions.TimeoutSecondsMax));
    }

    public static void AddTo(Command command)
    {
        command.Options.Add(s_demand);
        command.Options.Add(s_key);
        command.Options.Add(s_wait);
    }

    /// <summary>A promise is wanted with each order.</summary>
    public static bool WantsPromises(ParseResult parsed) => parsed.GetValue(s_demand) == Auto;

    /// <summary>Goes on with what earlier runs demanded, before the node is asked anything; of a
    /// node that was convicted meanwhile, fetches what that brought.</summary>
    public async Task ContinueAsync(Action<OrderOutcome> done, CancellationToken cancel)
    {
        await CollectAsync(cancel).ConfigureAwait(false);
        await WithAsync(demands => demands.ContinueAsync(done, cancel), cancel)
            .ConfigureAwait(false);
    }

    /// <inheritdoc cref="OrderGuards.RequireDisputableAsync"/>
    public Task RequireDisputableAsync(CancellationToken cancel) =>
        _guards.RequireDisputableAsync(_channel, _model, cancel);

    /// <summary>Takes every broken promise as far as it goes now.</summary>
    public Task RunAsync(Action<OrderOutcome> done, CancellationToken cancel) =>
        WithAsync(demands => demands.RunAsync(done, cancel), cancel);

    private async Task CollectAsync(CancellationToken cancel)
    {
        if (_parsed.GetValue(s_demand) == Never || _guards.Chain is not { } reading
            || _guards.Terms is not { } terms)
        {
            return;
        }

        await ForgiveAsync("what the conviction of the node brought cannot be fetched",
            " (computevoucher court collect, with another account)", ErrorFunnel.Note, async () =>
            {
                bool isCondemned = await new CourtContract(reading.Rpc, terms.Court)
                    .CondemnedAsync(_channel.Node, terms.Token, BlockTag.Latest, cancel)
                    .ConfigureAwait(false);
                if (isCondemned)
                {
                    using ChainSession chain = await SessionAsync(reading, cancel)
                        .ConfigureAwait(false);
                    Collector collector = await CollectorAsync(chain, terms, cancel)
                        .ConfigureAwait(false);
                    await collector.CollectAsync(terms, _channel, chain.Sender, ErrorFunnel.Note,
                        cancel).ConfigureAwait(false);
                }
            }).ConfigureAwait(false);
    }

    private async Task WithAsync(Func<DemandRunner, Task> act, CancellationToken cancel)
    {
        if (_parsed.GetValue(s_demand) == Never || _guards.Chain is not { } reading
            || _guards.Terms is not { } terms || _guards.Evidence is not { } evidence
            || DemandRunner.Promised(_journal, evidence).Count == 0)
        {
            return;
        }

        await ForgiveAsync("a demand could not go on", "", ErrorFunnel.Note, async () =>
        {
            using ChainSession chain = await SessionAsync(reading, cancel).ConfigureAwait(false);
            DemandDesk desk = await DeskAsync(chain, terms, cancel).ConfigureAwait(false);
            Collector collector = await CollectorAsync(chain, terms, cancel)
                .ConfigureAwait(false);
            await act(Of(chain, desk, collector, evidence)).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    /// <summary>What was ordered and paid is more than what a court owes: what fails there is said,
    /// and the next run goes on with it, for it reads from the chain how things stand.</summary>
    /// <param name="failed">What could not be done.</param>
    /// <param name="remedy">Ends the line where nothing is on its way.</param>
    /// <param name="say">Hears the line.</param>
    /// <param name="act">Moves before the court.</param>
    internal static async Task ForgiveAsync(
        string failed, string remedy, Action<string> say, Func<Task> act)
    {
        try
        {
            await act().ConfigureAwait(false);
        }
        catch (ChainException failure)
        {
            say($"{failed}: {failure.Message}{remedy}");
        }
        catch (OutcomeUnknownException unknown)
        {
            say($"{failed}: {unknown.Message} (ask with: computevoucher tx {unknown.Hash})");
        }
    }

    private Task<ChainSession> SessionAsync(ChainSession reading, CancellationToken cancel) =>
        ChainSession.OpenAsync(
            CommonOptions.Endpoints(_parsed), reading.Deployment,
            KeyFile.Load(_parsed.GetValue(s_key)
                ?? _parsed.GetRequiredValue(ClientOptions.SpendKey)),
            new SendRules(SenderOptions.TimeoutDefault, 1, ErrorFunnel.Note), cancel);

    /// <summary>For the court of a class.</summary>
    public static async Task<Collector> CollectorAsync(
        ChainSession chain, VoucherClass terms, CancellationToken cancel)
    {
        CourtContract court = new(chain.Rpc, terms.Court);
        return new Collector(chain.Rpc, chain.Deployment.Vouchers, court,
            await court.PartsAsync(BlockTag.Latest, cancel).ConfigureAwait(false),
            chain.Deployment.Block);
    }

    private static async Task<DemandDesk> DeskAsync(
        ChainSession chain, VoucherClass terms, CancellationToken cancel)
    {
        CourtContract court = new(chain.Rpc, terms.Court);
        CourtParts parts = await court.PartsAsync(BlockTag.Latest, cancel).ConfigureAwait(false);
        return new DemandDesk(chain.Rpc, new ClaimsContract(chain.Rpc, parts.Claims), court,
            chain.Deployment.Block);
    }

    private DemandRunner Of(ChainSession chain, DemandDesk desk, Collector collector,
        EvidenceFolder evidence) => new()
    {
        Desk = desk,
        Collector = collector,
        Evidence = evidence,
        Journal = _journal,
        Runner = _runner,
        Model = _model,
        Time = TimeProvider.System,
        Say = ErrorFunnel.Note,
        Sender = chain.Sender,
        Balance = token => chain.Rpc.BalanceAsync(chain.Account, BlockTag.Latest, token),
        Wait = _wait,
    };
}
