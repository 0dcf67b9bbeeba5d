// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILanguages} from "../interfaces/ILanguages.sol";
import {Run, Tree} from "../types/Run.sol";
import {Llama, Model} from "./elements/language/Llama.sol";
import {LlamaCosts} from "./elements/language/LlamaCosts.sol";
import {LlamaRules} from "./elements/language/LlamaRules.sol";
import {Layout, LlamaTrace, Site} from "./elements/language/LlamaTrace.sol";
import {Pages} from "./elements/Pages.sol";
import {Trees} from "./Trees.sol";

/// @title Language models whose elements a court can judge
/// @notice Anyone admits a model, in one transaction: `Registry.admitLanguage` calls here. What is
/// admitted is a function of the model root alone; an architecture is stored once, as code, for all
/// models that have it.
contract Languages is ILanguages {
    /// @dev Candidates of a draw at most.
    uint256 private constant TOP_K_MAX = 1024;
    uint8 private constant INT32 = 2;

    struct Language {
        bytes32 parametersRoot;
        address page;
    }

    /// @notice Where an architecture is stored, by its keccak256.
    mapping(bytes32 digest => address) public pageOf;

    mapping(bytes32 modelRoot => Language) private _languages;

    /// @notice No such model.
    error NotAdmitted(bytes32 modelRoot);
    /// @notice A run that no record of this model asks for.
    error InvalidRun();
    /// @notice The list has no such tensor, or one that no run alone gives a shape: the first
    /// tensor of a trace is the record, as it was ordered.
    error NoTensor(uint256 index);

    /// @notice Admits a model; gives its root.
    function admit(bytes32 parametersRoot, bytes calldata architecture)
        external
        returns (bytes32 modelRoot)
    {
        LlamaCosts.check(LlamaRules.check(architecture));
        bytes32 digest = keccak256(architecture);
        address page = pageOf[digest];
        if (page == address(0)) pageOf[digest] = page = Pages.write(architecture);
        digest = keccak256(abi.encodePacked(uint8(5), "llama", architecture));
        modelRoot = keccak256(
            abi.encodePacked(uint8(4), Trees.little(1), digest, parametersRoot)
        );
        _languages[modelRoot] = Language({parametersRoot: parametersRoot, page: page});
    }

    /// @notice Whether a model is admitted.
    function isAdmitted(bytes32 modelRoot) external view returns (bool) {
        return _languages[modelRoot].page != address(0);
    }

    /// @inheritdoc ILanguages
    function languageOf(bytes32 modelRoot)
        external
        view
        returns (bytes32 parametersRoot, bytes memory architecture)
    {
        return (_languages[modelRoot].parametersRoot, _architecture(modelRoot));
    }

    /// @notice Units of a run, by LlamaCosts.cs: positions 0 to prompt + steps − 2 run, and `steps`
    /// tokens are chosen. Zero steps cost nothing.
    function unitsOf(bytes32 modelRoot, uint32 prompt, uint32 steps)
        external
        view
        returns (uint256)
    {
        Model memory m = _model(modelRoot);
        return steps == 0 ? 0 : LlamaCosts.unitsOf(m, prompt, steps);
    }

    /// @notice Tensors of a list that a run of this shape commits to.
    function countOf(Tree tree, Run calldata run) external view returns (uint256) {
        Model memory m = _model(run.modelRoot);
        if (run.steps == 0) return 0;
        Layout memory l = _layout(m, run);
        if (tree == Tree.Output) return 1;
        return LlamaTrace.before(m, l, l.prompt - 1 + run.steps);
    }

    /// @notice One of these tensors: dtype, rank and dims as they are hashed, and its bytes.
    function tensorOf(Tree tree, Run calldata run, uint256 index)
        external
        view
        returns (bytes memory header, uint256 size)
    {
        Model memory m = _model(run.modelRoot);
        require(run.steps != 0, NoTensor(index));
        Layout memory l = _layout(m, run);
        if (tree == Tree.Output) {
            require(index == 0, NoTensor(index));
            return (Trees.row(INT32, run.steps), 4 * uint256(run.steps));
        }
        require(
            index != 0 && index < LlamaTrace.before(m, l, l.prompt - 1 + run.steps),
            NoTensor(index)
        );
        Site memory site = LlamaTrace.siteOf(m, l, index);
        return LlamaTrace.headerOf(m, l, site.tensor, site.position);
    }

    function _layout(Model memory m, Run calldata run) private pure returns (Layout memory) {
        uint256 prompt = run.prompt;
        require(
            prompt != 0 && prompt - 1 + run.steps <= m.context && run.topK <= TOP_K_MAX,
            InvalidRun()
        );
        // The length of the record does not matter: see `NoTensor`.
        return LlamaTrace.layoutOf(m, prompt, prompt, run.topK);
    }

    function _model(bytes32 modelRoot) private view returns (Model memory) {
        return Llama.decode(_architecture(modelRoot));
    }

    function _architecture(bytes32 modelRoot) private view returns (bytes memory) {
        address[] memory pages = new address[](1);
        pages[0] = _languages[modelRoot].page;
        require(pages[0] != address(0), NotAdmitted(modelRoot));
        return Pages.readAll(pages);
    }
}
