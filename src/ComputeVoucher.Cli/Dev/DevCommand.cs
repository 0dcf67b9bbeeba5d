using System;
using System.CommandLine;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.Cli;

/// <summary><c>dev --once</c>: a whole market on a chain of its own, from the first voucher to the
/// settled money, then the figures.</summary>
internal sealed class DevCommand
{
    /// <summary>Lines of the node's log that a failure shows.</summary>
    private const int LastWords = 5;

    /// <summary>Answers are kept in memory to the end of a run.</summary>
    private const int OrdersMax = 10_000_000;

    private readonly Option<bool> _once = Opt.Flag(
        "--once", "Buy, serve, check, redeem and settle once, show the figures, and end");

    private readonly Option<string> _anvil = Opt.Of<string>(
        "--anvil", "The development chain's program (default: the one on PATH)", "FILE");

    private readonly Option<string> _home = Opt.Of<string>("--home",
        "Keep keys, terms, ledger and logs in this folder (default: a temporary one)", "DIR");

    private readonly Option<string> _model = Opt.Of<string>(
        "--model", "What is served and ordered; with --input or with --prompt", "FILE");

    private readonly Option<string> _input = Opt.Of<string>(
        "--input", "For a graph: one input, or several in a row, one order each", "FILE");

    private readonly Option<string> _prompt = Opt.Of<string>(
        "--prompt", "For a language model, instead of --input: how the texts begin", "TEXT");

    private readonly Option<uint> _tokens = Opt.Or<uint>(
        "--tokens", "With --prompt: most new tokens of an order", "N", 120);

    private readonly Option<int> _orders = Opt.Of<int>(
        "--orders", "Orders to send (default: one per input; 6 for a prompt)", "N");

    private readonly Option<int> _concurrency = Opt.Or<int>(
        "--concurrency", "Orders in flight", "N", 4);

    public static Command Create()
    {
        DevCommand dev = new();
        Command command = new("dev", "A whole market on this machine, for development: "
            + "dev --once --model FILE --input FILE, or "
            + "dev --once --model FILE --prompt TEXT [--tokens N]")
        {
            dev._once, dev._anvil, dev._home, dev._model, dev._input, dev._prompt, dev._tokens,
            dev._orders, dev._concurrency,
        };
        command.SetAction((parsed, _) => dev.RunAsync(parsed));
        return command;
    }

    /// <summary>The first signal takes the market down in order, a second one at once.</summary>
    private async Task<int> RunAsync(ParseResult parsed)
    {
        Check(parsed);
        string anvil = Anvil.Find(parsed.GetValue(_anvil));
        Progress progress = new(!Console.IsErrorRedirected);
        using CancellationTokenSource stop = new();
        int signalled = 0;
        Action<PosixSignalContext> On(int signal) => context =>
        {
            context.Cancel = Interlocked.CompareExchange(ref signalled, signal, 0) == 0;
            stop.Cancel();
        };
        using PosixSignalRegistration hangUp = PosixSignalRegistration.Create(
            PosixSignal.SIGHUP, On(1));
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(
            PosixSignal.SIGINT, On(2));
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(
            PosixSignal.SIGTERM, On(15));
        // After the handlers, so that no signal leaves a folder behind.
        using DevHome home = DevHome.Create(parsed.GetValue(_home));
        try
        {
            DevTable table = await OnceAsync(parsed, anvil, home, progress, stop.Token)
                .ConfigureAwait(false);
            table.Print(parsed.GetValue(CommonOptions.Json));
            table.Check();
            return ExitStatus.Done;
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            // As a shell says it.
            return 128 + signalled;
        }
        catch (Exception failure) when (failure is not UsageException)
        {
            throw new CommandException(
                $"{progress.Step}: {ErrorFunnel.Describe(failure)}", failure);
        }
        finally
        {
            progress.Clear();
        }
    }

    private async Task<DevTable> OnceAsync(ParseResult parsed, string anvil, DevHome home,
        Progress progress, CancellationToken cancel)
    {
        progress.Begin("reading the model");
        using DevWork work = OpenWork(parsed);
        await using DevMarket market = new(home);
        try
        {
            return await market.WhileAliveAsync(
                alive => StepsAsync(parsed, anvil, home, market, work, progress, alive), cancel)
                .ConfigureAwait(false);
        }
        catch (Exception) when (market.Node is not null && !cancel.IsCancellationRequested)
        {
            string words = market.Node.LastWords(LastWords);
            progress.Clear();
            Console.Error.WriteLine($"the node's last words:\n{words}");
            throw;
        }
    }

    /// <summary>The whole way, top to bottom.</summary>
    private async Task<DevTable> StepsAsync(ParseResult parsed, string anvil, DevHome home,
        DevMarket market, DevWork work, Progress progress, CancellationToken cancel)
    {
        UInt128 units = work.UnitsToBuy;
        progress.Say("starting a chain, deploying the contracts");
        market.MakeKeys();
        await market.StartChainAsync(anvil, cancel).ConfigureAwait(false);
        await market.DeployAsync(cancel).ConfigureAwait(false);
        market.CreateClass();
        await market.JoinAsync(cancel).ConfigureAwait(false);
        progress.Say($"buying {units} units and locking them to the node");
        await market.BuyAndLockAsync(units, cancel).ConfigureAwait(false);
        DevSnapshot before = await market.SnapshotAsync(cancel).ConfigureAwait(false);
        progress.Begin("starting the node");
        DevNode node = await market.StartNodeAsync(work.Path, units, cancel)
            .ConfigureAwait(false);
        DevOrders holder = new(home, work, market.Deployment, market.Channel, node.Listen);
        DevOrders.Outcome orders = await OrderAsync(parsed, holder, work, progress, cancel)
            .ConfigureAwait(false);
        progress.Begin("stopping the node");
        UInt128 served = await node.UnitsServedAsync(cancel).ConfigureAwait(false);
        await node.DrainAsync().ConfigureAwait(false);
        progress.Say("redeeming, and waiting for finality");
        Redemption redeemed = await RedeemCommand.RedeemAsync(home.NodeConfig, cancel)
            .ConfigureAwait(false);
        await market.SettleAsync(cancel).ConfigureAwait(false);
        return new DevTable
        {
            Before = before,
            After = await market.SnapshotAsync(cancel).ConfigureAwait(false),
            Served = served,
            Orders = orders,
            Redeemed = redeemed,
            Price = market.Class.UnitPrice,
        };
    }

    private async Task<DevOrders.Outcome> OrderAsync(ParseResult parsed, DevOrders orders,
        DevWork work, Progress progress, CancellationToken cancel)
    {
        if (work.Tokenizer is null)
        {
            progress.Say($"sending {work.Orders} orders for {work.Name}");
        }
        else
        {
            progress.Say("one order, its tokens as they arrive:");
            await orders.StreamAsync(!parsed.GetValue(CommonOptions.Json), cancel)
                .ConfigureAwait(false);
            progress.Say($"and {work.Orders} at once");
        }

        return await orders.SendAsync(parsed.GetValue(_concurrency),
            done => progress.Count(done, work.Orders), cancel).ConfigureAwait(false);
    }

    private DevWork OpenWork(ParseResult parsed)
    {
        string model = System.IO.Path.GetFullPath(parsed.GetRequiredValue(_model));
        int orders = parsed.GetValue(_orders);
        return parsed.GetValue(_prompt) is { } prompt
            ? DevWork.OfPrompt(model, prompt, parsed.GetValue(_tokens), orders)
            : DevWork.OfInputs(model, parsed.GetRequiredValue(_input), orders);
    }

    private void Check(ParseResult parsed)
    {
        if (!parsed.GetValue(_once))
        {
            throw new UsageException("dev: --once is wanted (one whole run, then it ends)");
        }

        if (parsed.GetValue(_model) is null)
        {
            throw new UsageException("dev: --model FILE is wanted");
        }

        if (parsed.GetValue(_input) is null == parsed.GetValue(_prompt) is null)
        {
            throw new UsageException("dev: either --input FILE or --prompt TEXT is wanted");
        }

        Bounded(_orders.Name, parsed.GetValue(_orders), 0, OrdersMax);
        Bounded(_concurrency.Name, parsed.GetValue(_concurrency), 1, OrderLanes.LanesMax);
    }

    private static void Bounded(string option, int value, int min, int max)
    {
        if (value < min || value > max)
        {
            throw new UsageException($"{option} {value}: between {min} and {max} is wanted");
        }
    }
}
