"""Every rule is a function that takes a project and yields problems; `RULES` lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tools.dbt_conventions import exceptions
from tools.dbt_conventions.project import Problem, Project
from tools.dbt_conventions.rules import (
    columns,
    contracts,
    costs,
    descriptions,
    layers,
    names,
    readers,
    schedules,
)

RULES: tuple[Callable[[Project], Iterator[Problem]], ...] = (
    names.models_lie_in_their_layer,
    names.models_are_named_for_what_they_hold,
    names.every_model_has_a_yaml_beside_it,
    names.files_have_the_names_of_their_folder,
    names.tests_lie_under_tests_dbt,
    names.macros_have_a_file_of_their_own,
    layers.layers_read_what_they_may,
    layers.materialized_views_read_what_is_kept,
    descriptions.everything_is_described,
    descriptions.what_reaches_the_catalog_is_short,
    descriptions.every_relation_names_its_columns,
    descriptions.shared_columns_have_a_doc_block,
    descriptions.the_overview_leads_everywhere,
    descriptions.macro_arguments_are_documented,
    descriptions.every_table_has_an_owner,
    descriptions.every_table_states_its_grain,
    contracts.stored_tables_are_under_contract,
    contracts.every_table_has_a_tested_key,
    contracts.incremental_models_say_how,
    columns.names_tell_types,
    columns.what_does_not_add_up_says_so,
    columns.code_has_no_binary_fractions,
    columns.personal_data_is_tagged_and_never_in_gold,
    columns.columns_are_in_order,
    readers.every_model_has_a_unit_test,
    readers.unit_tests_run_before_the_first_build,
    readers.every_mart_is_recomputed_and_read,
    schedules.everything_is_built_by_a_schedule,
    costs.merged_tables_are_clustered,
    costs.tables_under_materialized_views_track_rows,
    costs.snapshots_say_what_they_follow,
    exceptions.exceptions_name_what_exists,
)
