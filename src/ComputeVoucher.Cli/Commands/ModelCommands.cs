using System;
using System.Collections.Generic;
using System.CommandLine;
using ComputeVoucher.Execution;

namespace ComputeVoucher.Cli;

/// <summary><c>model import FILE -o FILE.cvm</c> and <c>model inspect FILE</c>.</summary>
internal static class ModelCommands
{
    public static Command Create()
    {
        Command model = new("model", "Import a model file, show what is in one, or admit it");
        model.Add(CreateImport());
        model.Add(CreateInspect());
        model.Add(AdmitCommand.Create());
        return model;
    }

    private static Command CreateImport()
    {
        Argument<string> file = FileArgument();
        Option<string> output = Opt.Needed<string>(
            "--output", "Where the model artifact goes", "FILE.cvm", "-o");
        return ReportCommand.Create(
            "import", "Check a model and write it as one artifact", parsed =>
        {
            using IModel model = ModelFile.Open(parsed.GetRequiredValue(file));
            string path = parsed.GetRequiredValue(output);
            OutputFile.Write(path, stream => ModelFile.Save(model, stream));
            return Describe(model).Add("file", path);
        }, file, output);
    }

    private static Command CreateInspect()
    {
        Argument<string> file = FileArgument();
        return ReportCommand.Create("inspect", "Check a model and describe it", parsed =>
        {
            using IModel model = ModelFile.Open(parsed.GetRequiredValue(file));
            return Describe(model);
        }, file);
    }

    private static Report Describe(IModel model)
    {
        ModelDescription description = model.Description;
        List<Report> operators = [];
        foreach (OperatorDescription one in description.Operators)
        {
            operators.Add(new Report()
                .Add("index", one.Index)
                .Add("name", one.Name)
                .Add("output", "[" + string.Join(",", one.OutputDims) + "]")
                .Add("parameters", one.Parameters)
                .Add("macs", one.Macs)
                .Add("units", (UInt128)one.Units)
                .Add("proofBytes", one.ProofBytes));
        }

        return new Report()
            .Add("format", description.Format)
            .Add("modelRoot", description.ModelRoot.ToString())
            .Add("architectureDigest", description.ArchitectureDigest.ToString())
            .Add("parametersRoot", description.ParametersRoot.ToString())
            .Add("inputs", description.Inputs)
            .Add("outputs", description.Outputs)
            .Add("inputBytes", model.InputBytesMax)
            .Add("parameters", description.Parameters)
            .Add("macs", description.Macs)
            .Add("units", (UInt128)description.Units)
            .Add("succinctProofUnits",
                ProofUnits(model, WantedProofs.Succinct))
            .Add("groth16ProofUnits",
                ProofUnits(model, WantedProofs.Groth16))
            .Add("traceBytes", description.TraceBytes)
            .Add("proofBytes", description.ProofBytes)
            .Add("operators", operators);
    }

    /// <summary>What one proof adds to a run; 0 where there is none.</summary>
    private static UInt128 ProofUnits(IModel model, WantedProofs proof) =>
        model.IsStream ? 0 : model.Costs.Run(0, 1, proof) - model.Costs.Run(0, 1, 0);

    private static Argument<string> FileArgument() =>
        new("FILE") { Description = ".tflite, .gguf, llama2.c .bin or .cvm" };
}
