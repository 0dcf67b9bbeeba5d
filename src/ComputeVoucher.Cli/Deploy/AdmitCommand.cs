using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using ComputeVoucher.Chain;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;

namespace ComputeVoucher.Cli;

/// <summary><c>model admit</c>: a model's architecture into the registry, so that its orders can be
/// judged. Anyone may; what is there already costs nothing.</summary>
internal sealed class AdmitCommand
{
    /// <summary>Operators that one transaction checks: some 30,000 gas each, so 8 million, half of
    /// what a transaction may take (EIP-7825).</summary>
    private const ulong OperatorsMax = 256;

    private readonly Argument<string> _file = new("FILE")
    {
        Description = ".tflite, .gguf or .cvm",
    };

    public static Command Create()
    {
        AdmitCommand admit = new();
        return ReportCommand.CreateSending("admit",
            "Admit a model to the deployment's registry: a court judges orders of admitted ones",
            admit.RunAsync, admit._file);
    }

    private async Task<Report> RunAsync(
        ParseResult parsed, ChainSession chain, CancellationToken cancel)
    {
        using IModel model = ModelFile.Open(parsed.GetRequiredValue(_file));
        return await AdmitAsync(chain, model, cancel).ConfigureAwait(false);
    }

    /// <summary>Does what is missing: pages, header, operators.</summary>
    public static async Task<Report> AdmitAsync(
        ChainSession chain, IModel model, CancellationToken cancel)
    {
        RegistryContract registry = await RegistryAsync(chain, cancel).ConfigureAwait(false);
        bool isThere = await IsAdmittedAsync(registry, model, cancel).ConfigureAwait(false);
        List<TransactionReceipt> receipts = [];
        if (!isThere)
        {
            Admission admission = new(chain, registry, model, receipts);
            await admission.RunAsync(cancel).ConfigureAwait(false);
            if (!await IsAdmittedAsync(registry, model, cancel).ConfigureAwait(false))
            {
                throw new CommandException($"{model.ModelRoot}: not admitted after all (another "
                    + "endpoint, or the same again)");
            }
        }

        ulong gas = 0;
        foreach (TransactionReceipt receipt in receipts)
        {
            gas += receipt.GasUsed;
        }

        // Of a graph's one run, or of a language model's least: a token in, a token out.
        UInt256 units = await registry
            .UnitsAsync(model.ModelRoot, model.IsStream ? 1u : 0, 1, 0, BlockTag.Latest, cancel)
            .ConfigureAwait(false);
        return new Report()
            .Add("modelRoot", model.ModelRoot.ToString())
            .Add("state", isThere ? "was admitted already" : "admitted")
            .Add("registry", registry.Address.ToString())
            .Add("units", units.ToUInt128())
            .Add("transactions", receipts.Count)
            .Add("gas", gas);
    }

    /// <summary>The deployment's, after its code and its court's were compared.</summary>
    private static async Task<RegistryContract> RegistryAsync(
        ChainSession chain, CancellationToken cancel)
    {
        CourtAddresses court = chain.Deployment.Court ?? throw new CommandException(
            "the deployment has no court, so nothing is admitted (deploy one, without "
                + "--no-courts)");
        EndpointGuard guard = new(
            chain.Rpc, chain.Deployment.Domain, TimeSpan.Zero, [court.Court]);
        ChainHealth health = await guard.CheckAsync(cancel).ConfigureAwait(false);
        return health.IsAccepting
            ? new RegistryContract(chain.Rpc, court.Registry)
            : throw new CommandException(health.Problem ?? "the court cannot be read");
    }

    private static async Task<bool> IsAdmittedAsync(
        RegistryContract registry, IModel model, CancellationToken cancel) => await registry
            .FamilyAsync(model.ModelRoot, BlockTag.Latest, cancel).ConfigureAwait(false) != 0;

    /// <summary>What is left to do for one model.</summary>
    private sealed class Admission(
        ChainSession chain, RegistryContract registry, IModel model,
        List<TransactionReceipt> receipts)
    {
        public async Task RunAsync(CancellationToken cancel)
        {
            if (model.IsStream)
            {
                chain.Sender.Expect(1);
                await SendAsync("admit", RegistryContract.AdmitLanguage(
                    model.Description.ParametersRoot, model.Description.Architecture.Span),
                    cancel).ConfigureAwait(false);
                return;
            }

            List<byte[]> pages = Pages(model.Description.Architecture.Span);
            List<byte[]> missing = [];
            foreach (byte[] page in pages)
            {
                Address at = await registry
                    .PageAsync(Keccak256.Hash(page), BlockTag.Latest, cancel)
                    .ConfigureAwait(false);
                if (at.IsZero)
                {
                    missing.Add(page);
                }
            }

            (ulong isChecked, ulong all) = await registry
                .ProgressAsync(model.ModelRoot, BlockTag.Latest, cancel).ConfigureAwait(false);
            ulong operators = (ulong)model.Description.Operators.Count;
            ulong left = all == 0 ? operators : all - isChecked;
            chain.Sender.Expect(missing.Count + (all == 0 ? 1 : 0)
                + (int)((left + OperatorsMax - 1) / OperatorsMax));
            foreach (byte[] page in missing)
            {
                await SendAsync("store a page", RegistryContract.Store(page), cancel)
                    .ConfigureAwait(false);
            }

            if (all == 0)
            {
                Bytes32[] names = pages.ConvertAll(page => Keccak256.Hash(page)).ToArray();
                await SendAsync("begin",
                    RegistryContract.Start(model.Description.ParametersRoot, names), cancel)
                    .ConfigureAwait(false);
            }

            for (; left > 0; left -= Math.Min(left, OperatorsMax))
            {
                await SendAsync("check operators",
                    RegistryContract.Proceed(model.ModelRoot, OperatorsMax), cancel)
                    .ConfigureAwait(false);
            }
        }

        private async Task SendAsync(string kind, byte[] data, CancellationToken cancel) =>
            receipts.Add(await chain.Sender.SendAsync(kind, registry.Address, data, cancel)
                .ConfigureAwait(false));

        private static List<byte[]> Pages(ReadOnlySpan<byte> architecture)
        {
            List<byte[]> pages = [];
            while (!architecture.IsEmpty)
            {
                int bytes = Math.Min(architecture.Length, RegistryContract.PageBytes);
                pages.Add(architecture[..bytes].ToArray());
                architecture = architecture[bytes..];
            }

            return pages;
        }
    }
}
